"""A project with a little data of its own: boats, their hires, and people who may see more or less of it."""

import re
from pathlib import Path
from typing import Self

from store.template import lay_schema
from tertulia.core.access import Actor
from tertulia.core.project import Permission
from tertulia.core.query import UserAttribute
from tertulia.house import House
from tertulia.settings import Settings

MODEL = """
connection: "boats"
include: "*.view"
access_grant: books { user_attribute: role allowed_values: ["purser"] }
explore: hires {
  label: "Hires"
  join: boats { relationship: many_to_one sql_on: ${hires.boat_id} = ${boats.boat_id} ;; }
}
explore: my_hires {
  view_name: hires
  access_filter: { field: hires.harbour user_attribute: harbour }
}
explore: ledger { view_name: hires required_access_grants: [books] }
explore: log { view_name: hires hidden: yes }
"""
HIRES = """
view: hires {
  sql_table_name: hires ;;
  dimension: hire_id { primary_key: yes hidden: yes type: number }
  dimension: boat_id { hidden: yes type: number }
  dimension: harbour { type: string }
  dimension: is_long { type: yesno sql: ${TABLE}.price > 60 ;; }
  dimension_group: begun { type: time timeframes: [date, month, year] sql: ${TABLE}.begun_at ;; }
  measure: count { label: "Number of Hires" type: count }
  measure: takings { type: sum sql: ${TABLE}.price ;; value_format_name: eur }
  measure: profit { type: number sql: ${takings} - ${cost} ;; }
  measure: cost { type: sum sql: ${TABLE}.price / 2 ;; required_access_grants: [books] }
}
"""
BOATS = """
view: boats {
  sql_table_name: boats ;;
  dimension: boat_id { primary_key: yes hidden: yes type: number }
  dimension: name { label: "Boat" type: string }
  dimension: rig { type: string sql: 'sail' ;; suggestions: ["sail", "oars"] }
  measure: count { label: "Number of Boats" type: count }
}
"""
FILES = {"boats.model.lkml": MODEL, "hires.view.lkml": HIRES, "boats.view.lkml": BOATS}
PURSER, ANN, BO = "purser@example.org", "ann@example.org", "bo@example.org"


class Marina:
    """The purser administers and sees everything; Ann is of the North harbour, Bo of the South."""

    def __init__(self, folder: Path) -> None:
        lay_schema(folder / "data" / "tertulia.db")
        self.house = House(Settings(data=folder / "data", embedder="none", now="2026-06-30T12:00:00"))
        self.services = self.house.services
        files = folder / "csv"
        files.mkdir()
        rows = ["hire_id,boat_id,harbour,begun_at,price"]
        rows += [f"{n},{n % 3 + 1},{'North' if n % 4 else 'South'},2026-0{n % 6 + 1}-15,{10 * n}" for n in range(1, 13)]
        (files / "hires.csv").write_text("\n".join(rows))
        (files / "boats.csv").write_text("boat_id,name\n1,Teal\n2,100% Wigeon\n3,Smew\n")
        self._files = files
        self.project_id = ""

    async def found(self) -> Self:
        self.project_id = (await self.house.setup.found("Marina", admin_email=PURSER)).project_id
        await self.house.modelling.connect(self.project_id, "boats", f"folder:///{self._files}")
        await self.house.modelling.load(self.project_id, "boats", FILES)
        nothing: frozenset[Permission] = frozenset()
        for email, harbour in ((ANN, "North"), (BO, "South")):
            await self.house.people.add(email, self.project_id, nothing)
            await self.attribute(email, "harbour", harbour)
        await self.attribute(PURSER, "role", "purser")
        await self.attribute(PURSER, "harbour", "North", "South")
        return self

    async def attribute(self, email: str, name: str, *values: str) -> None:
        given = UserAttribute(name=name, values=list(values))
        await self.house.modelling.set_attributes(self.project_id, email, [given])

    async def actor(self, email: str) -> Actor:
        _, secret = await self.house.people.create_token(email, project_id=self.project_id)
        return await self.services.identity.actor(secret, self.project_id)

    async def close(self) -> None:
        await self.services.query_tasks.close()
        await self.house.data.close()
        self.house.close()


def speaks_of(figure: int, text: str | bytes) -> bool:
    """Whether a figure stands in a text, and not only its digits in a time or an id."""
    return re.search(rf"\b{figure}\b", text if isinstance(text, str) else text.decode()) is not None
