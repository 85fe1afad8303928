"""The book of pages: every page of the console, once."""

from __future__ import annotations

from seatkeeper.http.console import overview, sign_in
from seatkeeper.http.console.forms import forms
from seatkeeper.http.console.page import Page
from seatkeeper.http.console.pages import accounts, journal, keys, members, past, plans, webhooks

PAGES: tuple[Page, ...] = (
    *overview.PAGES,
    *accounts.PAGES,
    *members.PAGES,
    *past.PAGES,
    *plans.PAGES,
    *webhooks.PAGES,
    *keys.PAGES,
    *journal.PAGES,
    *forms.PAGES,
    *sign_in.PAGES,
)
