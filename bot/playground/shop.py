"""The sample shop: a page with orders, kept in one PostgreSQL.

    python -m bot.playground.shop FILE

It listens on a free port of loopback and writes its URL into FILE. The environment names its region (SHOP_REGION) and
its database (SHOP_DATABASE_URL).
"""

import argparse
import os
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
import psycopg
from psycopg.rows import dict_row
from pydantic import BaseModel, Field, ValidationError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from bot.playground.announce import announce
from bot.playground.http_server import listen, run

PAGE = Path(__file__).with_name("shop.html")
RECENT = """
    SELECT o.id, o.placed_at, o.quantity, p.name AS product, p.price * o.quantity AS total, c.name AS customer
    FROM orders o JOIN products p ON p.id = o.product_id JOIN customers c ON c.id = o.customer_id
    ORDER BY o.id DESC LIMIT 12"""
WRITABLE = "SELECT NOT pg_is_in_recovery() AND NOT current_setting('transaction_read_only')::bool AS writable"
INSERT = """
    INSERT INTO orders (uuid, customer_id, product_id, quantity)
    VALUES (%(uuid)s, %(customer)s, %(product)s, %(quantity)s)
    ON CONFLICT (uuid) DO NOTHING RETURNING id"""
PLACED_BEFORE = "SELECT id FROM orders WHERE uuid = %(uuid)s"

Row = dict[str, Any]


class NewOrder(BaseModel, extra="forbid"):
    """What a customer sends. The uuid is the customer's, so that sending it twice makes one order."""

    uuid: uuid.UUID
    customer: int = 1
    product: int
    quantity: int = Field(default=1, gt=0, le=100)


@dataclass(frozen=True)
class Shop:
    """One region's shop. It connects anew for each request: what the database refuses is seen at once."""

    region: str
    database: str

    def query(self, statement: str, parameters: Row | None = None) -> list[Row]:
        """Run one statement and commit it; its rows."""
        options = "-c statement_timeout=2000"
        with psycopg.connect(self.database, connect_timeout=2, options=options, row_factory=dict_row) as connection:
            return connection.execute(statement.encode(), parameters).fetchall()

    def insert(self, order: NewOrder) -> int:
        """Commit the order; its number, the old one if it was placed before."""
        fields = order.model_dump()
        [row] = self.query(INSERT, fields) or self.query(PLACED_BEFORE, fields)
        return int(row["id"])

    def page(self, _: Request) -> Response:
        template = jinja2.Environment(autoescape=True).from_string(PAGE.read_text())
        writable = self.query(WRITABLE)[0]["writable"]
        products = self.query("SELECT id, name, price FROM products ORDER BY id")
        return HTMLResponse(
            template.render(region=self.region, writable=writable, products=products, orders=self.query(RECENT))
        )

    def health(self, _: Request) -> Response:
        writable = self.query(WRITABLE)[0]["writable"]
        state = "ok" if writable else "the database is read-only"
        return JSONResponse({"region": self.region, "state": state}, 200 if writable else 503)

    def products(self, _: Request) -> Response:
        rows = self.query("SELECT id, name, price::float FROM products ORDER BY id")
        return JSONResponse({"region": self.region, "products": rows})

    def order(self, request: Request) -> Response:
        rows = self.query(
            "SELECT id, uuid::text, customer_id, product_id, quantity, placed_at::text FROM orders WHERE id = %(id)s",
            {"id": request.path_params["id"]},
        )
        return JSONResponse(rows[0]) if rows else JSONResponse({"error": "there is no such order"}, 404)

    async def place(self, request: Request) -> Response:
        """201 once the order is committed, and only then."""
        try:
            order = NewOrder.model_validate_json(await request.body())
        except ValidationError as error:
            return JSONResponse({"error": str(error.errors(include_url=False)[0]["msg"])}, 422)
        try:
            number = await run_in_threadpool(self.insert, order)
        except psycopg.errors.ForeignKeyViolation:
            return JSONResponse({"error": "there is no such product or customer"}, 422)
        return JSONResponse({"id": number, "uuid": str(order.uuid), "region": self.region}, 201)


def unavailable(_: Request, error: Exception) -> Response:
    read_only = isinstance(error, psycopg.errors.ReadOnlySqlTransaction)
    return JSONResponse({"error": "the database is read-only" if read_only else "the database does not answer"}, 503)


def create_app(shop: Shop) -> Starlette:
    routes: list[tuple[str, Callable[..., Any], str]] = [
        ("/", shop.page, "GET"),
        ("/health", shop.health, "GET"),
        ("/health/db", shop.health, "GET"),
        ("/products", shop.products, "GET"),
        ("/orders/{id:int}", shop.order, "GET"),
        ("/orders", shop.place, "POST"),
    ]
    return Starlette(
        routes=[Route(path, endpoint, methods=[method]) for path, endpoint, method in routes],
        exception_handlers={psycopg.errors.ReadOnlySqlTransaction: unavailable, psycopg.OperationalError: unavailable},
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bot.playground.shop")
    parser.add_argument("file", type=Path)
    listener = listen()
    announce(parser.parse_args().file, f"http://127.0.0.1:{listener.getsockname()[1]}")
    run(create_app(Shop(os.environ["SHOP_REGION"], os.environ["SHOP_DATABASE_URL"])), listener)


if __name__ == "__main__":
    main()
