"""The ``openstack server config …`` commands: help, options and one call each.

Loaded whatever ``openstack`` is run for, so everything but osc-lib is imported
where it is used.
"""

import argparse
from typing import TYPE_CHECKING

from osc_lib.command import command

from osc_baremetal_config.osc import base

if TYPE_CHECKING:
    from osc_baremetal_config.osc.session import Session, Shown


class SetServerConfig(base.Command, command.Lister):
    """Change the configuration of a provisioned bare-metal server.

    The request is validated first against the node's traits and its BIOS
    registry; if a check fails, nothing is changed. The server is then shut
    down, its node serviced by Ironic, the BIOS settings read back, and the
    server brought back to the power that it had. A change takes one reboot,
    and none if the node is already as requested; --max-reboots permits
    more where settings have to be set one after the other. If it is
    interrupted, run the same command again to resume.
    """

    examples = (
        'set --hyperthreading enabled --dry-run web-1',
        'set --hyperthreading enabled --sriov disabled web-1 web-2',
        'set --profile hpc --tag hpc --canary 1 --max-failures 5%',
    )

    changes = True

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the options, with one for each type of the catalogue.

        A broken file of the site is reported when the command is run, not to
        who asks for help or completion.
        """
        from osc_baremetal_config import errors
        from osc_baremetal_config.osc import arguments, files

        try:
            arguments.add_set(parser, self.catalogue)
        except errors.Refused:
            arguments.add_set(parser, files.load(()))

    def show(
        self, session: 'Session', parsed_args: argparse.Namespace
    ) -> 'Shown':
        """Return the plans, or what was done."""
        from osc_baremetal_config.osc import arguments, change

        return change.set_items(session, arguments.change(parsed_args))


class ApplyServerConfig(base.Command, command.Lister):
    """Bring servers to what their configuration should be.

    What should be is what a server's metadata says, else its image, else its
    flavor. A server that already matches is left alone. What "set --defer" has
    left for later is recorded once it is verified; nothing else is, as what is
    desired does not change by being applied.
    """

    examples = (
        'apply web-1',
        'apply --only-off --until 6h --tag hpc',
    )

    changes = True

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the options."""
        from osc_baremetal_config.osc import arguments

        arguments.add_apply(parser)

    def show(
        self, session: 'Session', parsed_args: argparse.Namespace
    ) -> 'Shown':
        """Return the plans, or what was done."""
        from osc_baremetal_config.osc import arguments, change

        asked = arguments.change(parsed_args, records=False)
        return change.apply(session, asked)


class UnsetServerConfig(base.Command, command.Lister):
    """Remove the record of a server's configuration, or what was deferred.

    A request that was deferred is withdrawn, and the record stays. Where none
    is, the record goes; what is desired is then what the server's image says,
    else its flavor. Nothing else is changed, unless --apply brings the server
    there as well, without either of them.
    """

    examples = ('unset --config hyperthreading --apply web-1',)

    changes = True

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the options."""
        from osc_baremetal_config.osc import arguments

        arguments.add_unset(parser)

    def show(
        self, session: 'Session', parsed_args: argparse.Namespace
    ) -> 'Shown':
        """Return what is desired then, or what was done."""
        from osc_baremetal_config.osc import arguments, change

        types = sorted(set(parsed_args.types))
        is_applied = parsed_args.apply
        asked = arguments.change(
            parsed_args, records=False, forgets=types if is_applied else ()
        )
        if is_applied:
            return change.unset_and_apply(session, asked)
        return change.unset(session, asked, types)


class RecoverServerConfig(base.Command, command.ShowOne):
    """Explain where a server and its node are, and lead out of it.

    Without a choice it only explains: what was started, what has become of
    it, and what each of the choices would do, or why it is not possible. A
    choice is carried out to its end, and then the situation is explained
    again. The values before a change are taken from the server's metadata,
    which others may have written: they are shown first, checked against the
    BIOS registry, and where nothing else confirms them only set with
    --trust-metadata. Maintenance is ended only if Ironic itself has set it
    because a service failed.
    """

    examples = (
        'recover web-1',
        'recover --rollback web-1',
    )

    changes = True
    cell_width = 90

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the options."""
        from osc_baremetal_config.osc import arguments

        arguments.add_recover(parser)

    def show(
        self, session: 'Session', parsed_args: argparse.Namespace
    ) -> 'Shown':
        """Return the situation, after the choice if there is one."""
        from osc_baremetal_config.osc import arguments, recover

        return recover.recover(session, arguments.recovery(parsed_args))


class ShowServerConfig(base.Command, command.Lister):
    """Show what a server's configuration should be, and what it is."""

    examples = ('show web-1',)

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the options."""
        from osc_baremetal_config.osc import arguments

        arguments.add_show(parser)

    def show(
        self, session: 'Session', parsed_args: argparse.Namespace
    ) -> 'Shown':
        """Return a row for each type of configuration."""
        from osc_baremetal_config.osc import arguments, show

        output = arguments.output(parsed_args)
        return show.server(
            session, parsed_args.server, output, is_long=parsed_args.long
        )


class ListServerConfigSetting(base.Command, command.Lister):
    """List the BIOS settings of a server, as Ironic has them.

    Each with the values that it may have, and the types of configuration that
    it is a setting of. Passwords and keys are never shown.
    """

    examples = (
        "setting list web-1 --name 'Proc*'",
        'setting list web-1 --differs-from web-2',
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the options."""
        from osc_baremetal_config.osc import arguments

        arguments.add_setting_list(parser)

    def show(
        self, session: 'Session', parsed_args: argparse.Namespace
    ) -> 'Shown':
        """Return a row for each setting."""
        from osc_baremetal_config.osc import arguments, settings

        return settings.settings(session, arguments.settings(parsed_args))


class ExportServerConfig(base.Command, command.ShowOne):
    """Export the configuration of a golden server.

    As YAML, of which "server config set --file" gives the items to other
    servers, and with which "server config list --baseline" compares them.
    """

    examples = ('export web-1 --settings --file golden.yaml',)

    cell_width = 90

    @property
    def formatter_default(self) -> str:
        """Return the formatter that writes what can be read again."""
        return 'yaml'

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the options."""
        from osc_baremetal_config.osc import arguments

        arguments.add_export(parser)

    def show(
        self, session: 'Session', parsed_args: argparse.Namespace
    ) -> 'Shown':
        """Return what a server is, or where that was written."""
        from osc_baremetal_config.osc import arguments, golden

        return golden.export(session, arguments.export(parsed_args))


class ListServerConfig(base.Command, command.Lister):
    """List what the configuration of servers should be, and what it is.

    Bare-metal servers only; a row for each type that is desired of a server,
    or for each type with --long; or with --baseline for each setting that a
    server has otherwise than a golden one.
    """

    examples = (
        'list --drift',
        'list --baseline golden.yaml --tag hpc',
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the options."""
        from osc_baremetal_config.osc import arguments

        arguments.add_list(parser)

    def show(
        self, session: 'Session', parsed_args: argparse.Namespace
    ) -> 'Shown':
        """Return a row for each server and type."""
        from osc_baremetal_config.osc import arguments, show

        query = arguments.query(parsed_args)
        output = arguments.output(parsed_args)
        baseline = arguments.baseline(parsed_args)
        if baseline is not None:
            return show.differing(session, query, output, baseline)
        return show.servers(
            session,
            query,
            output,
            only_drift=parsed_args.drift,
            is_long=parsed_args.long,
        )


class ListServerConfigOption(base.Command, command.Lister):
    """List what can be set, and on a server, why it cannot.

    Every type and value that the catalogue, the flavors, the deploy templates
    or the runbooks know.
    """

    examples = (
        'option list --server web-1',
        'option list --definitions -f yaml > offers.yaml',
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the options."""
        from osc_baremetal_config.osc import arguments

        arguments.add_option_list(parser)

    def show(
        self, session: 'Session', parsed_args: argparse.Namespace
    ) -> 'Shown':
        """Return a row for each item."""
        from osc_baremetal_config import errors
        from osc_baremetal_config.osc import arguments, offering, show

        output = arguments.output(parsed_args)
        types = tuple(parsed_args.type)
        if parsed_args.definitions and (types or parsed_args.server):
            raise errors.Usage(
                '--definitions cannot go with --server or --type.'
            )
        if parsed_args.definitions:
            return offering.definitions(session, output)
        if parsed_args.server is None:
            return show.options(session, types, output)
        return show.options_of(session, parsed_args.server, types, output)


class CheckServerConfig(base.Command, command.Lister):
    """Look for mistakes in what a cloud defines, and in its nodes and servers.

    For operators: deploy templates, runbooks, flavors, images, traits, BIOS
    settings, and what stands in the metadata of servers. Each finding has a
    code, and the command that fixes it where there is one. Nothing is
    changed.
    """

    examples = (
        'check --fail-on error -f json',
        'check --offline offers.yaml',
    )

    # Whether it is, depends on the options, which are parsed later.
    auth_required = False

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the options."""
        from osc_baremetal_config.osc import arguments

        arguments.add_check(parser)

    def show(
        self, session: 'Session', parsed_args: argparse.Namespace
    ) -> 'Shown':
        """Return a row for each finding."""
        from osc_baremetal_config.osc import arguments, check

        asked = arguments.check(parsed_args)
        if not asked.offline:
            self.auth_required = True
            self.app.prepare_to_run_command(self)
        return check.check(session, asked)


class CreateServerConfigOption(base.Command, command.Lister):
    """Offer a type of configuration for the servers of flavors.

    Defines what takes many commands by hand: a flavor variant for each value,
    with all that its flavor has, and for each vendor of the nodes a deploy
    template and a runbook. It is checked first against the BIOS registries
    of the nodes on which servers of these flavors can be. What is there and
    the same is left alone; what is there and different is changed with
    --update only. If it is interrupted, run the same command again.
    """

    examples = (
        'option create --type hyperthreading --flavor bm.large --owner acme',
        'option create --file offers.yaml --dry-run',
    )

    changes = True

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the options."""
        from osc_baremetal_config.osc import arguments

        arguments.add_option_create(parser)

    def show(
        self, session: 'Session', parsed_args: argparse.Namespace
    ) -> 'Shown':
        """Return a row for each object, or each request."""
        from osc_baremetal_config.osc import arguments, offering

        return offering.create(session, arguments.offering(parsed_args))


class DeleteServerConfigOption(base.Command, command.Lister):
    """Offer a type of configuration no longer.

    Removes the flavor variants, runbooks and deploy templates that nobody
    uses, and says who uses the others, which are left.
    """

    examples = ('option delete --type hyperthreading',)

    changes = True

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the options."""
        from osc_baremetal_config.osc import arguments

        arguments.add_option_delete(parser)

    def show(
        self, session: 'Session', parsed_args: argparse.Namespace
    ) -> 'Shown':
        """Return a row for each object, or each request."""
        from osc_baremetal_config.osc import arguments, offering

        return offering.delete(session, arguments.removal(parsed_args))


class ShowServerConfigHistory(base.Command, command.Lister):
    """List who has done what with a server and its node, and when.

    From Nova's actions, Ironic's history of the node where your roles show
    it, and the server's metadata.
    """

    examples = ('history web-1',)

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the options."""
        from osc_baremetal_config.osc import arguments

        arguments.add_server(parser)

    def show(
        self, session: 'Session', parsed_args: argparse.Namespace
    ) -> 'Shown':
        """Return a row for each event, the first one first."""
        from osc_baremetal_config.osc import arguments, show

        output = arguments.output(parsed_args)
        return show.history(session, parsed_args.server, output)
