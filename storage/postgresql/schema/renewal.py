"""A new id for the journal of a database that no service has."""

from __future__ import annotations

from contextlib import closing

import asyncpg

from seatkeeper.storage.journal_ids import JournalIdentity
from seatkeeper.storage.postgresql.schema.identity import renew, stored_identity
from seatkeeper.storage.postgresql.schema.version import refuse_other_version
from seatkeeper.storage.postgresql.server.address import Address
from seatkeeper.storage.postgresql.server.check import refuse_unfit
from seatkeeper.storage.postgresql.server.connection import refusal
from seatkeeper.storage.postgresql.server.session import PATIENT, Session
from seatkeeper.storage.postgresql.sharding.alone import be_alone


def renew_journal(address: Address) -> JournalIdentity:
    """Give the journal a new id; raise DatabaseRefused. Call it where no event loop runs."""
    with closing(Session(address, PATIENT)) as session:
        run, connection = session.run, session.connection
        try:
            run(refuse_unfit(connection, address))
            run(connection.execute("BEGIN"))
            run(refuse_other_version(connection, address))
            run(be_alone(connection, str(address)))
            run(renew(connection))
            identity = run(stored_identity(connection))
            run(connection.execute("COMMIT"))
        except asyncpg.PostgresError as error:
            raise refusal(address, error) from error
    return identity
