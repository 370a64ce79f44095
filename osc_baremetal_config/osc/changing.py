"""The ``openstack server config …`` commands that change something.

Thin: each reads, has a plan made and carried out, and shows. Everything but
osc-lib is imported where it is used.
"""

import argparse
from collections.abc import Sequence
from typing import Any

from osc_baremetal_config.osc import base, rolling

# Codes with which what was asked for is done, or would be.
_WELL = (0, 10)


class SetServerConfig(rolling.Rolling):
    """Change the configuration of a provisioned bare-metal server.

    The change is checked first against the traits and the BIOS registry of
    the server's node; if anything speaks against it, nothing is touched. The
    server is then shut down, its node serviced by Ironic, the BIOS settings
    read back, and the server brought back to the power that it had. One
    command costs one reboot, and none if the node is as asked already.
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Return the parser of the options."""
        from osc_baremetal_config.osc import parsers

        parser = super().get_parser(prog_name)
        parsers.add_servers(parser)
        parsers.add_items(parser)
        parsers.add_file(parser)
        parsers.add_plan_options(parser)
        parsers.add_run_options(parser)
        parsers.add_types(parser, self._types())
        parsers.complete_values(parser)
        return parser

    def _types(self) -> Any:
        """Return the types that get an option of their own.

        A broken file of the site is told when the command is run, not to
        who asks for help or completion.
        """
        from osc_baremetal_config import errors
        from osc_baremetal_config.osc import files

        try:
            return self.catalogue
        except errors.Refused:
            return files.load(())

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        """Return the table of the plan, or of what was done."""
        from osc_baremetal_config import errors
        from osc_baremetal_config.osc import desired_file

        if parsed_args.config and parsed_args.file is not None:
            raise errors.Usage(
                '--file tells for each server what it should be, so neither '
                '--config nor the option of a type goes with it.'
            )
        if not parsed_args.config and parsed_args.file is None:
            raise errors.Usage(
                'Nothing to set: name at least one type of configuration, '
                'as with --config <type>=<value>, or a --file.'
            )
        if parsed_args.file is not None:
            file = desired_file.load(parsed_args.file)
            if not parsed_args.server:
                parsed_args.server = list(file.servers)
            return self.roll_out(self.asked(file.of, parsed_args), parsed_args)
        self.check_servers(parsed_args, self._swallowed(parsed_args))
        asked = self.asked(lambda snapshot: parsed_args.config, parsed_args)
        return self.change(asked, parsed_args)

    def _swallowed(self, parsed_args: argparse.Namespace) -> str | None:
        """Return what may be a server, and was taken for a value."""
        for item in parsed_args.config:
            known = self.catalogue.types.get(item.type)
            if known and item.value not in known.values:
                return (
                    f'--{item.type} takes a value ({"|".join(known.values)}), '
                    f'and was given {item.value}.'
                )
        return None


class ApplyServerConfig(rolling.Rolling):
    """Bring servers to what their configuration should be.

    What should be is what a server's metadata says, else its image, else its
    flavor. A server that is so already is left alone. Nothing is recorded:
    what is desired does not change by being applied.
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Return the parser of the options."""
        from osc_baremetal_config.osc import parsers

        parser = super().get_parser(prog_name)
        parsers.add_servers(parser)
        parsers.add_plan_options(parser)
        parsers.add_run_options(parser)
        parsers.complete_values(parser)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        """Return the table of the plans, or of what was done."""
        from osc_baremetal_config.core.plan import reconcile

        catalogue = self.catalogue
        self.check_servers(parsed_args)
        asked = self.asked(
            lambda snapshot: reconcile.request(snapshot, catalogue),
            parsed_args,
            records=False,
        )

        def read(server: str) -> Any:
            snapshot = self.read(server, flavors=False)
            if reconcile.request(snapshot, catalogue):
                return self.with_flavors(snapshot)
            return snapshot

        return self.change(asked, parsed_args, read)


class UnsetServerConfig(rolling.Rolling):
    """Forget what is recorded of a server's configuration.

    What is desired is then what the server's image says, else its flavor.
    Nothing else is touched, unless --apply brings the server there as well.
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Return the parser of the options."""
        from osc_baremetal_config.osc import parsers

        parser = super().get_parser(prog_name)
        parsers.add_server(parser)
        parser.add_argument(
            '--config',
            action='append',
            required=True,
            metavar='<type>',
            help='Type of configuration to forget (repeat option to forget '
            'several).',
        )
        parser.add_argument(
            '--apply',
            action='store_true',
            help='Also bring the server to what it should be then.',
        )
        parsers.add_plan_options(parser)
        parsers.add_run_options(parser)
        parsers.complete_values(parser)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        """Return the table of what is desired then, or of what was done."""
        from osc_baremetal_config.core.explain import option_list
        from osc_baremetal_config.core.plan import reconcile
        from osc_baremetal_config.osc import tables

        types = sorted(set(parsed_args.config))
        columns = (
            self.columns(parsed_args) if parsed_args.apply else tables.STATES
        )
        self.check_columns(parsed_args.columns, columns)
        catalogue = self.catalogue
        snapshot = self.read(parsed_args.server, flavors=parsed_args.apply)
        if parsed_args.apply:
            return self._apply(snapshot, types, parsed_args)
        keys = reconcile.recorded(snapshot, types, catalogue)
        self._forget(snapshot.server, types, keys, parsed_args)
        after = reconcile.without(snapshot, types)
        rows = option_list.outlooks(after, catalogue)
        return tables.states(
            [found for found in rows if found.row.type in types],
            snapshot.node,
            self.client.clock.utc(),
        )

    def _forget(
        self,
        server: Any,
        types: Sequence[str],
        keys: Sequence[str],
        parsed_args: argparse.Namespace,
    ) -> None:
        """Remove the keys from the metadata, and say so."""
        from osc_baremetal_config import errors
        from osc_baremetal_config.core.apply import next_steps
        from osc_baremetal_config.osc import tables

        is_done = not parsed_args.dry_run
        if is_done:
            try:
                with self.under_way():
                    self.client.cloud.compute.delete_metadata(server.id, keys)
            except errors.Forbidden as error:
                raise errors.Refused(
                    f'{server}: nothing can be forgotten:',
                    [error.message, next_steps.MAY_RECORD],
                ) from error
        self.remark(tables.forgetting(server, types, keys, is_done=is_done))

    def _apply(
        self,
        snapshot: Any,
        types: Sequence[str],
        parsed_args: argparse.Namespace,
    ) -> Any:
        """Return the table of what was done.

        The record goes last: it is what is desired until the server is as it
        should be without it.
        """
        from osc_baremetal_config import errors
        from osc_baremetal_config.core.plan import reconcile
        from osc_baremetal_config.osc import tables

        catalogue = self.catalogue
        if unknown := reconcile.unknown(snapshot, types, catalogue):
            raise errors.Refused(
                f'{snapshot.server}: nothing can be forgotten now; nothing '
                f'was touched:',
                unknown,
            )

        def request(found: Any) -> Any:
            after = reconcile.without(found, types)
            return reconcile.request(after, catalogue, types)

        asked = self.asked(request, parsed_args, records=False, forgets=types)
        plan = self.plan_one(asked, snapshot.server.id, lambda _: snapshot)
        table = self.change_one(plan, asked, parsed_args)
        is_done = not parsed_args.dry_run
        is_told = plan.plans and self.code in _WELL
        if is_told and (parsed_args.wait or not is_done):
            [one] = plan.plans
            self.remark(
                tables.forgetting(
                    one.server, types, one.forget, is_done=is_done
                )
            )
        return table


class RecoverServerConfig(base.ShowOne):
    """Explain where a server and its node are, and lead out of it.

    Without a choice it only explains: what was begun, what has become of it,
    and what each of the choices would do, or why it is not possible. A choice
    is carried out to its end, and then what is so is explained again. What
    was before a change is taken from the server's metadata, which others may
    have written: it is shown first, checked against the BIOS registry, and
    where nothing else vouches for it only set with --trust-metadata.
    Maintenance is ended only if Ironic itself has begun it because a service
    failed.
    """

    changes = True

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Return the parser of the options."""
        from osc_baremetal_config.osc import parsers

        parser = super().get_parser(prog_name)
        parsers.add_server(parser)
        parsers.add_aims(parser)
        parsers.add_trust(parser)
        parsers.add_stop(parser)
        parsers.add_timeout(parser)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        """Return what is so, after the choice if there is one."""
        from osc_baremetal_config.osc import tables

        found = self._read(parsed_args.server)
        if parsed_args.aim:
            self._lead_out(found, parsed_args)
            found = self._read(found.server.id)
        choices = self._choices(found, parsed_args)
        return tables.situation(found.server, found.node, choices)

    def _read(self, server: str) -> Any:
        """Return the snapshot, with the flavors if a resize needs them."""
        from osc_baremetal_config.core.facts import journal

        found = self.read(server, flavors=False)
        entries = journal.pending(found.server.metadata).values()
        if any(entry.resize for entry in entries):
            return self.with_flavors(found)
        return found

    def _options(self, parsed_args: argparse.Namespace) -> Any:
        """Return how a choice is carried out."""
        from osc_baremetal_config.core.plan.options import Options

        return Options(
            stop=parsed_args.stop, trust_metadata=parsed_args.trust_metadata
        )

    def _choices(
        self, snapshot: Any, parsed_args: argparse.Namespace
    ) -> dict[Any, Any]:
        """Return the choices, those that the user may not make as denied."""
        from osc_baremetal_config import errors
        from osc_baremetal_config.core.explain import recovery

        found = recovery.choices(
            snapshot, self.catalogue, self._options(parsed_args)
        )
        for aim, choice in found.items():
            if choice.plan is None:
                continue
            try:
                self.permitted(choice.plan)
            except errors.Refused as refused:
                found[aim] = choice.denied(refused.details)
        return found

    def _lead_out(
        self, snapshot: Any, parsed_args: argparse.Namespace
    ) -> None:
        """Carry the choice out."""
        from osc_baremetal_config.core.explain import recovery
        from osc_baremetal_config.osc import tables

        aim, options = parsed_args.aim, self._options(parsed_args)

        def make(found: Any) -> Any:
            return recovery.plan(aim, found, self.catalogue, options)

        plan = self.permitted(make(snapshot))
        outcome = self.execute(plan, self.how(make, parsed_args))
        self.remark(tables.side_effects(plan.server, outcome))
