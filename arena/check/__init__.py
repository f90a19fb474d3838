"""The conformance kit: what must hold of an environment or an agent, checked in fresh processes, told in a report."""

from arena.check.agent import check_agent
from arena.check.environment import check_env, check_envs
from arena.check.report import Finding, Report

__all__ = ["Finding", "Report", "check_agent", "check_env", "check_envs"]
