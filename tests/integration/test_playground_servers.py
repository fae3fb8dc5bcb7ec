"""The other servers that tests stand on."""

import smtplib
from email.message import EmailMessage

import boto3
import sqlalchemy

from bot.playground.mail import MailSink


def test_every_test_gets_an_empty_database(database_url: str) -> None:
    """A new database holds no tables and takes one."""
    engine = sqlalchemy.create_engine(database_url)
    try:
        assert sqlalchemy.inspect(engine).get_table_names() == []
        with engine.begin() as connection:
            connection.execute(sqlalchemy.text("CREATE TABLE seen (id integer)"))
    finally:
        engine.dispose()


def test_an_account_starts_empty(moto_url: str) -> None:
    """The AWS endpoint of a test has no buckets, and takes one."""
    client = boto3.client("s3", endpoint_url=moto_url, region_name="us-east-1")
    assert client.list_buckets()["Buckets"] == []
    client.create_bucket(Bucket="seen")


def test_the_next_test_does_not_see_it(moto_url: str) -> None:
    """What the test before created is gone."""
    client = boto3.client("s3", endpoint_url=moto_url, region_name="us-east-1")
    assert client.list_buckets()["Buckets"] == []


def test_a_mail_is_kept(smtp_sink: MailSink) -> None:
    """A mail sent over SMTP is found with its recipients, subject and text."""
    message = EmailMessage()
    message["Subject"] = "Update 1"
    message["Message-ID"] = "<inc-7@dr>"
    message.set_content("The database has taken over.")
    with smtplib.SMTP("127.0.0.1", smtp_sink.port) as client:
        client.send_message(message, "dr@example.com", ["erin@example.com"])
    [mail] = smtp_sink.messages
    assert (mail.recipients, mail.subject, mail.message_id) == (("erin@example.com",), "Update 1", "<inc-7@dr>")
    assert mail.text.strip() == "The database has taken over."
