-- The shop's tables. Run by their owner.
CREATE TABLE products (
    id    bigint PRIMARY KEY,
    name  text NOT NULL,
    price numeric(8, 2) NOT NULL
);

CREATE TABLE customers (
    id   bigint PRIMARY KEY,
    name text NOT NULL
);

CREATE TABLE orders (
    id          bigserial PRIMARY KEY,
    uuid        uuid NOT NULL UNIQUE,
    customer_id bigint NOT NULL REFERENCES customers,
    product_id  bigint NOT NULL REFERENCES products,
    quantity    integer NOT NULL CHECK (quantity > 0),
    placed_at   timestamptz NOT NULL DEFAULT now()
);

INSERT INTO products VALUES
    (1, 'Enamel mug', 14.00), (2, 'Linen apron', 39.00), (3, 'Bread knife', 52.50),
    (4, 'Cast iron pan', 89.00), (5, 'Oak board', 45.00), (6, 'Pepper mill', 34.90);

INSERT INTO customers VALUES
    (1, 'Nora Nilsson'), (2, 'Omar Okafor'), (3, 'Priya Patel'), (4, 'Quentin Quist'), (5, 'Rosa Ramos');

INSERT INTO orders (uuid, customer_id, product_id, quantity, placed_at)
SELECT gen_random_uuid(), 1 + n % 5, 1 + n % 6, 1 + n % 3, now() - make_interval(mins => 40 - n)
FROM generate_series(1, 20) AS n;

GRANT SELECT ON products, customers, orders TO shop;
GRANT INSERT ON orders TO shop;
GRANT USAGE ON SEQUENCE orders_id_seq TO shop;
