"""A workspace that speaks Slack's protocols on 127.0.0.1: for the demo and for the tests."""
