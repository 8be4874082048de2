"""Figures for Prometheus. Labels are few and bounded: never a user, an address or a path."""

from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from app.servers.broker.upstream.circuit import Circuit

__all__ = ["CONTENT_TYPE_PLAIN_0_0_4", "Figures"]


class Figures:
    """What this replica counted. Event loop only."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        own: Any = {"registry": self._registry, "namespace": "parlance_broker"}
        self.requests = Counter("requests", "Requests by form and outcome.", ["form", "outcome"], **own)
        self.sign_ins = Counter("sign_ins_refused", "Refused sign-ins by reason.", ["reason"], **own)
        self.took = Histogram("request_seconds", "Time until the answer.", ["form"], **own)
        self.upstream_took = Histogram("upstream_seconds", "Time the server took, over all tries.", ["what"], **own)
        self.hang_ups = Counter("leash_hang_ups", "Calls hung up at their end.", ["outcome"], **own)
        self.slow = Counter("slow_clients", "Connections closed because the client was too slow.", **own)
        self._store = Gauge("store_up", "Whether limits can be counted.", **own)
        self._calls = Gauge("calls", "Calls on the leash, over all replicas.", **own)
        self._circuit = Gauge("circuit_open", "Whether requests are kept away from the server.", **own)

    def text(self, circuit: Circuit, calls: int | None) -> bytes:
        """The page; ``calls`` is None when the store is gone."""
        self._circuit.set(circuit is Circuit.OPEN)
        self._store.set(calls is not None)
        self._calls.set(calls or 0)
        return generate_latest(self._registry)
