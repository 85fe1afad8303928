"""Plans and sign-ups."""

from __future__ import annotations

from typing import Unpack

from msgspec import UNSET, UnsetType

from seatkeeper.http.client.calls import Call, Listing, PageOptions, ReadOptions, WriteOptions
from seatkeeper.http.client.methods import C, Resource, listing, read, write
from seatkeeper.http.client.structs.answers import Event, Page, Plan, SignedUp
from seatkeeper.http.client.structs.values import Metadata, MetadataChange, Overage, Package, PlanStatus, PlanTrial
from seatkeeper.http.client.verbs import get, pages, patch, path, post, put


class Plans(Resource[C]):
    """What is for sale."""

    @write
    def create(
        self,
        *,
        name: str,
        type: str,
        package: Package,
        plan_id: str | UnsetType = UNSET,
        external_id: str | UnsetType | None = UNSET,
        metadata: Metadata | UnsetType | None = UNSET,
        trial: PlanTrial | UnsetType | None = UNSET,
        **options: Unpack[WriteOptions],
    ) -> Call[Plan]:
        """Put a plan up for sale; the service makes the id unless it is given."""
        body = {
            "name": name,
            "type": type,
            "package": package,
            "plan_id": plan_id,
            "external_id": external_id,
            "metadata": metadata,
            "trial": trial,
        }
        return post(path("plans"), Plan, options, body)

    @listing
    def list(
        self,
        *,
        status: PlanStatus | UnsetType = UNSET,
        external_id: str | UnsetType = UNSET,
        **options: Unpack[PageOptions],
    ) -> Listing[Page[Plan], Plan]:
        """List plans, oldest first."""
        query = {"status": status, "external_id": external_id}
        return pages(path("plans"), Page[Plan], options, query)

    @read
    def get(self, plan_id: str, **options: Unpack[ReadOptions]) -> Call[Plan]:
        """Read a plan."""
        return get(path("plans", plan_id), Plan, options)

    @write
    def change(
        self,
        plan_id: str,
        *,
        name: str | UnsetType = UNSET,
        type: str | UnsetType = UNSET,
        external_id: str | UnsetType | None = UNSET,
        metadata: MetadataChange | UnsetType = UNSET,
        trial: PlanTrial | UnsetType | None = UNSET,
        **options: Unpack[WriteOptions],
    ) -> Call[Plan]:
        """Rename or reclassify a plan, or change its external id, its metadata, or the trial that sign-ups start.

        None takes an external id, a trial or an entry of metadata away.
        """
        body = {"name": name, "type": type, "external_id": external_id, "metadata": metadata, "trial": trial}
        return patch(path("plans", plan_id), Plan, options, body)

    @write
    def revise_package(
        self,
        plan_id: str,
        *,
        total_seats: int,
        user_limit: int,
        overage: Overage | UnsetType = UNSET,
        **options: Unpack[WriteOptions],
    ) -> Call[Plan]:
        """Sell another package from now on; open accounts are not affected."""
        body = {"total_seats": total_seats, "user_limit": user_limit, "overage": overage}
        return put(path("plans", plan_id, "package"), Plan, options, body)

    @write
    def retire(self, plan_id: str, **options: Unpack[WriteOptions]) -> Call[Plan]:
        """Retire a plan: it is no longer for sale."""
        return post(path("plans", plan_id, "retire"), Plan, options)

    @write
    def reinstate(self, plan_id: str, **options: Unpack[WriteOptions]) -> Call[Plan]:
        """Put a retired plan up for sale again."""
        return post(path("plans", plan_id, "reinstate"), Plan, options)

    @listing
    def events(self, plan_id: str, **options: Unpack[PageOptions]) -> Listing[Page[Event], Event]:
        """List the events of a plan, oldest first: each revision of its package is one."""
        return pages(path("plans", plan_id, "events"), Page[Event], options)


class Signups(Resource[C]):
    """How accounts begin."""

    @write
    def create(
        self,
        *,
        account_name: str,
        user_name: str,
        plan_id: str,
        user_email: str | UnsetType | None = UNSET,
        currency: str | UnsetType = UNSET,
        external_id: str | UnsetType | None = UNSET,
        metadata: Metadata | UnsetType | None = UNSET,
        user_external_id: str | UnsetType | None = UNSET,
        user_metadata: Metadata | UnsetType | None = UNSET,
        trial: bool | UnsetType = UNSET,
        **options: Unpack[WriteOptions],
    ) -> Call[SignedUp]:
        """Open an account on a plan, with the customer as its first member.

        It starts the trial of the plan, if that has one, unless `trial` is false.
        """
        body = {
            "account_name": account_name,
            "user_name": user_name,
            "plan_id": plan_id,
            "user_email": user_email,
            "currency": currency,
            "external_id": external_id,
            "metadata": metadata,
            "user_external_id": user_external_id,
            "user_metadata": user_metadata,
            "trial": trial,
        }
        return post(path("signups"), SignedUp, options, body)
