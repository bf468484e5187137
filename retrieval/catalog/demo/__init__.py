"""The demo store: a general store written for Aisle, generated from a fixed seed."""

from retrieval.catalog.demo.generate import SEED, DemoStore, generate_demo

__all__ = ["SEED", "DemoStore", "generate_demo"]
