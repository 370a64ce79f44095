"""Ironic's API of deploy templates and runbooks.

Owns who sees, makes and changes them. Whether a runbook may be used on a
node is for :mod:`.provision`.
"""

import re
from typing import Any

from tests.model import nodes, policy, provision
from tests.model.ironic import Bare, Ironic, denied, flag
from tests.model.records import Document, Runbook, Template, Token
from tests.model.wsgi import Call, Refusal, Version, route

_CUSTOM = '^CUSTOM_[A-Z0-9_]+$'


class Recipes(Ironic):
    """The lists of steps that Ironic keeps."""

    # Deploy templates.

    @route('/v1/deploy_templates')
    def list_templates(self, call: Call) -> Any:
        """Return the deploy templates."""
        self._check_templates(call, 'get')
        detail = bool(flag(call, 'detail'))
        found = list(self.world.templates.values())
        page, more = self.page(call, 'deploy_templates', found)
        shown = [nodes.template(call, one, detail=detail) for one in page]
        return {'deploy_templates': shown} | more

    @route('/v1/deploy_templates', 'POST')
    def create_template(self, call: Call) -> Any:
        """Make a deploy template."""
        self._check_templates(call, 'create')
        asked = call.body()
        _check_template(asked)
        name = asked['name']
        if any(one.name == name for one in self.world.templates.values()):
            raise Refusal(
                409, f'A deploy template with name {name} already exists.'
            )
        template = self.world.add_template(
            name, asked['steps'], asked.get('extra', {})
        )
        return 201, nodes.template(call, template, detail=True)

    @route('/v1/deploy_templates/<ident>')
    def show_template(self, call: Call, ident: str) -> Any:
        """Return a deploy template."""
        template = self._template(call, ident, 'get')
        return nodes.template(call, template, detail=True)

    @route('/v1/deploy_templates/<ident>', 'PATCH')
    def update_template(self, call: Call, ident: str) -> Any:
        """Change fields of a deploy template."""
        template = self._template(call, ident, 'update')
        _change(template, call.body())
        template.updated = self.world.clock.utc()
        return nodes.template(call, template, detail=True)

    @route('/v1/deploy_templates/<ident>', 'DELETE')
    def delete_template(self, call: Call, ident: str) -> Any:
        """Delete a deploy template."""
        template = self._template(call, ident, 'delete')
        del self.world.templates[template.uuid]
        return 204, None

    def _template(self, call: Call, ident: str, what: str) -> Template:
        self._check_templates(call, what)
        for template in self.world.templates.values():
            if ident in (template.uuid, template.name):
                return template
        raise Refusal(404, f'Deploy template {ident} could not be found.')

    def _check_templates(self, call: Call, what: str) -> None:
        """Return if somebody may do something with deploy templates."""
        call.authenticate()
        if call.version < (1, 55):
            raise Bare(404, 'The API version does not allow deploy templates')
        wanted = f'baremetal:deploy_template:{what}'
        if not policy.may(call.token, wanted):
            raise denied(wanted)

    # Runbooks.

    @route('/v1/runbooks')
    def list_runbooks(self, call: Call) -> Any:
        """Return the runbooks that somebody is shown."""
        self._need_runbooks(call)
        found = [
            runbook
            for runbook in self.world.runbooks.values()
            if policy.may_see_runbook(call.token, runbook)
        ]
        detail = bool(flag(call, 'detail'))
        page, more = self.page(
            call, 'runbooks', found, None if detail else ('uuid', 'name')
        )
        shown = [nodes.runbook(call, one, detail=detail) for one in page]
        return {'runbooks': shown} | more

    @route('/v1/runbooks', 'POST')
    def create_runbook(self, call: Call) -> Any:
        """Make a runbook; a project's manager makes it the project's."""
        self._need_runbooks(call)
        token, asked = call.token, call.body()
        if not policy.may_create_runbook(token):
            raise denied('baremetal:runbook:create')
        _check_runbook(token, asked, call.version)
        if self.find_runbook(asked['name']) is not None:
            raise Refusal(
                409, f'A runbook with name {asked["name"]} already exists.'
            )
        runbook = self.world.add_runbook(
            asked['name'],
            [{'args': {}} | step for step in asked['steps']],
            asked.get('extra', {}),
        )
        runbook.public = asked.get('public', False)
        runbook.disable_ramdisk = asked.get('disable_ramdisk', False)
        runbook.description = asked.get('description')
        runbook.traits = list(asked.get('traits', ()))
        runbook.owner = (
            token.project.id if token.project else asked.get('owner')
        )
        return 201, nodes.runbook(call, runbook, detail=True)

    @route('/v1/runbooks/<ident>')
    def show_runbook(self, call: Call, ident: str) -> Any:
        """Return a runbook."""
        runbook = self._need_runbook(call, ident)
        if not policy.may_see_runbook(call.token, runbook):
            # In Ironic's own words.
            raise denied('%(resource)s')
        return nodes.runbook(call, runbook, detail=True)

    @route('/v1/runbooks/<ident>', 'PATCH')
    def update_runbook(self, call: Call, ident: str) -> Any:
        """Change fields of a runbook."""
        runbook = self._own_runbook(call, ident, 'update')
        patch = call.body()
        _check_owner(runbook, patch)
        _change(runbook, patch)
        runbook.updated = self.world.clock.utc()
        return nodes.runbook(call, runbook, detail=True)

    @route('/v1/runbooks/<ident>', 'DELETE')
    def delete_runbook(self, call: Call, ident: str) -> Any:
        """Delete a runbook."""
        runbook = self._own_runbook(call, ident, 'delete')
        del self.world.runbooks[runbook.uuid]
        return 204, None

    @route('/v1/runbooks/<ident>/traits')
    def list_runbook_traits(self, call: Call, ident: str) -> Any:
        """Return a runbook's traits, to whom it belongs only."""
        runbook = self._own_runbook(call, ident, 'get')
        return {'traits': sorted(runbook.traits)}

    @route('/v1/runbooks/<ident>/traits', 'PUT')
    def set_runbook_traits(self, call: Call, ident: str) -> Any:
        """Have just these traits."""
        runbook = self._own_runbook(call, ident, 'update')
        runbook.traits = list(call.body()['traits'])
        return 204, None

    @route('/v1/runbooks/<ident>/traits/<trait>', 'PUT')
    def add_runbook_trait(self, call: Call, ident: str, trait: str) -> Any:
        """Add a trait."""
        runbook = self._own_runbook(call, ident, 'update')
        runbook.traits = sorted({*runbook.traits, trait})
        return 204, None

    def find_runbook(self, ident: str) -> Runbook | None:
        """Return a runbook, None if there is none."""
        return provision.find_runbook(self.world, ident)

    def _need_runbooks(self, call: Call) -> None:
        if self.world.settings.release.version < (1, 92):
            raise Bare(404, '')
        call.authenticate()
        if call.version < (1, 92):
            raise Bare(404, 'The API version does not allow runbooks')

    def _need_runbook(self, call: Call, ident: str) -> Runbook:
        self._need_runbooks(call)
        runbook = self.find_runbook(ident)
        if runbook is None:
            raise Refusal(404, f'Runbook {ident} could not be found.')
        return runbook

    def _own_runbook(self, call: Call, ident: str, what: str) -> Runbook:
        runbook = self._need_runbook(call, ident)
        if not policy.may_use_runbook(call.token, runbook):
            raise denied(f'baremetal:runbook:{what}')
        return runbook


def _check_runbook(token: Token, asked: Document, version: Version) -> None:
    """Return if a runbook can be made so."""
    if version < (1, 112):
        _check_name('runbook', asked.get('name', ''))
    _check_steps('runbook', asked, ('interface', 'step', 'order'))
    if asked.get('public') and not token.is_system:
        raise Refusal(
            400, 'Cannot create a public runbook as a project scoped admin.'
        )


def _check_owner(runbook: Runbook, patch: list[Document]) -> None:
    """Have a runbook that becomes public, or no longer is, lose its owner."""
    values = {one['path']: one.get('value') for one in patch}
    is_public = values.get('/public', runbook.public)
    if values.get('/owner') and is_public:
        raise Refusal(
            400,
            f"Couldn't apply patch '{patch}'. Reason: There cannot be an "
            f'owner for a public runbook',
        )
    if '/public' in values:
        runbook.owner = None


def _check_template(asked: Document) -> None:
    """Return if a deploy template can be made so."""
    _check_name('template', asked.get('name', ''))
    needed = ('interface', 'step', 'args', 'priority')
    _check_steps('template', asked, needed)


def _check_name(kind: str, name: str) -> None:
    if not re.match(_CUSTOM, name):
        raise Refusal(
            400,
            f"Schema error for {kind}: '{name}' is not valid under any of "
            f"the given schemas. Possible root cause: '{name}' does not "
            f"match '{_CUSTOM}'",
        )


def _check_steps(kind: str, asked: Document, needed: tuple[str, ...]) -> None:
    steps, why = asked.get('steps', []), None
    if not steps:
        why = '[] should be non-empty'
    for step in steps:
        for key in needed:
            if key not in step:
                why = why or f"'{key}' is a required property"
    if why:
        raise Refusal(400, f'Schema error for {kind}: {why}')


def _change(one: Template | Runbook, changes: list[Document]) -> None:
    """Make the changes of a JSON patch."""
    for change in changes:
        root, _, key = change['path'].strip('/').partition('/')
        if key and change['op'] == 'remove':
            del getattr(one, root)[key]
        elif key:
            getattr(one, root)[key] = change['value']
        else:
            setattr(one, root, change.get('value'))
