"""The topic tree (SPEC.md has it), and what Home Assistant is told so that it shows each station by itself. Pure."""

import re
from dataclasses import dataclass
from typing import Any

PREFIX = "presscue"
DISCOVERY = "homeassistant"
ONLINE, OFFLINE = "online", "offline"


@dataclass(frozen=True)
class Message:
    """retain: a state: only the latest one counts, and the broker keeps it. Else an event: each counts, once."""

    topic: str
    payload: dict[str, Any] | str
    retain: bool = False


def slug(name: str) -> str:
    """A name as one level of a topic: letters, digits, - and _."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-") or "node"


def host_status(prefix: str) -> str:
    """Whether presscue is there; the last will says that it is not."""
    return f"{prefix}/status"


@dataclass(frozen=True)
class Topics:
    """The topics of one station. station: its slug."""

    prefix: str
    station: str

    def of(self, what: str) -> str:
        """what: status, state, health; rep, set, fault, cue."""
        return f"{self.prefix}/station/{self.station}/{what}"


@dataclass(frozen=True)
class Entity:
    """Something Home Assistant shows of a station: `value` of the JSON under `what`."""

    key: str
    name: str
    what: str
    value: str
    kind: str = "sensor"
    extra: tuple[tuple[str, str], ...] = ()


ENTITIES = (
    Entity("reps", "Reps", "state", "{{ value_json.reps }}", extra=(("state_class", "total_increasing"),)),
    Entity("set", "Set", "state", "{{ value_json.set }}"),
    Entity("rep", "Rep of the set", "state", "{{ value_json.rep }}"),
    Entity("clean", "Clean reps", "state", "{{ value_json.clean }}"),
    Entity("link", "Link", "state", "{{ value_json.link }}"),
    Entity("lifter", "Lifter", "state", "{{ value_json.lifter }}"),
    Entity("last_fault", "Last fault", "state", "{{ value_json.last_fault }}"),
    Entity("training", "Training", "state", "{{ 'ON' if value_json.moving else 'OFF' }}", "binary_sensor",
           (("device_class", "moving"),)),
    Entity("battery", "Battery", "health", "{{ value_json.battery_mv }}",
           extra=(("device_class", "voltage"), ("unit_of_measurement", "mV"), ("entity_category", "diagnostic"))),
    Entity("lost", "Readings lost", "health", "{{ value_json.lost_readings }}",
           extra=(("entity_category", "diagnostic"),)),
    Entity("latency", "Cue latency, p95", "health", "{{ value_json.cue_latency_p95_ms }}",
           extra=(("device_class", "duration"), ("unit_of_measurement", "ms"), ("entity_category", "diagnostic"))),
    Entity("problem", "Problem", "health", "{{ 'ON' if value_json.trouble or value_json.faults else 'OFF' }}",
           "binary_sensor", (("device_class", "problem"), ("entity_category", "diagnostic"))),
)  # fmt: skip


def discovery(topics: Topics, device: str, version: str) -> list[Message]:
    """Home Assistant's MQTT discovery: one retained description of each entity of a station.

    device: the node's own id; version: its firmware's.
    """
    own = f"presscue_{slug(device)}"
    about = {"identifiers": [own], "name": topics.station, "manufacturer": "presscue", "model": "leg press node",
             "sw_version": version}  # fmt: skip
    there = [{"topic": host_status(topics.prefix)}, {"topic": topics.of("status")}]
    return [
        Message(
            f"{DISCOVERY}/{one.kind}/{own}/{one.key}/config",
            {
                "name": one.name, "unique_id": f"{own}_{one.key}", "object_id": f"{topics.station}_{one.key}",
                "state_topic": topics.of(one.what), "value_template": one.value, "availability": there,
                "availability_mode": "all", "device": about, "origin": {"name": "presscue"}, **dict(one.extra),
            },
            retain=True,
        )
        for one in ENTITIES
    ]  # fmt: skip
