"""Placement: the providers of the nodes are listed by their traits.

Owns nothing but the questions: a provider has the traits of its node, but for
those that the world says Placement has not.
"""

from typing import Any

import os_traits
from werkzeug.wrappers import Response

from tests.model import wsgi
from tests.model.wsgi import Call, Refusal, Service, route


class Placement(Service):
    """The part of Placement that lists providers, and sets their traits."""

    name = 'placement'

    def refuse(self, call: Call, refusal: Refusal) -> Response:
        """Return a refusal as Placement words it."""
        error = {'status': refusal.status, 'detail': refusal.text}
        return wsgi.respond((refusal.status, {'errors': [error]}))

    @route('/')
    def versions(self, call: Call) -> Any:
        """Return the versions."""
        return {
            'versions': [
                {
                    'id': 'v1.0',
                    'max_version': '1.39',
                    'min_version': '1.0',
                    'status': 'CURRENT',
                    'links': [{'rel': 'self', 'href': ''}],
                }
            ]
        }

    @route('/resource_providers')
    def list_providers(self, call: Call) -> Any:
        """Return the providers that have traits, and have not others."""
        if not call.token.is_admin:
            raise Refusal(
                403,
                'placement:resource_providers:list',
            )
        asked = [
            one for one in call.query.get('required', '').split(',') if one
        ]
        if unknown := {one.lstrip('!') for one in asked} - self._known():
            names = ', '.join(sorted(unknown))
            raise Refusal(400, f'No such trait(s): {names}.')
        required = {one for one in asked if not one.startswith('!')}
        forbidden = {one[1:] for one in asked if one.startswith('!')}
        found = [
            {'uuid': node.uuid, 'name': node.uuid, 'generation': 1}
            for node in self.world.nodes.values()
            for own in [self._traits(node.uuid)]
            if required <= own and not forbidden & own
        ]
        return {'resource_providers': found}

    @route('/traits')
    def list_traits(self, call: Call) -> Any:
        """Return the traits that are asked for and known."""
        asked = call.query.get('name', '').removeprefix('in:').split(',')
        return {'traits': sorted(self._known() & set(asked))}

    def _known(self) -> set[str]:
        own = (self._traits(uuid) for uuid in self.world.nodes)
        return set(os_traits.get_traits()).union(*own)

    def _traits(self, uuid: str) -> set[str]:
        lost = self.world.lost_traits.get(uuid, set())
        return set(self.world.nodes[uuid].traits) - lost
