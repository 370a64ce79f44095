"""Glance: images are shown and listed.

Owns how an image looks. Never changes one.
"""

from typing import Any

from werkzeug.wrappers import Response

from tests.model import wsgi
from tests.model.records import Document, Image
from tests.model.wsgi import Call, Refusal, Service, route


class Images(Service):
    """The part of Glance that reads."""

    name = 'image'

    def refuse(self, call: Call, refusal: Refusal) -> Response:
        """Return an error as Glance words it: a page for people."""
        title = {401: '401 Unauthorized', 404: '404 Not Found'}.get(
            refusal.status, f'{refusal.status} Error'
        )
        response = wsgi.respond((refusal.status, None))
        response.data = (
            f'<html>\n <head>\n  <title>{title}</title>\n </head>\n <body>\n'
            f'  <h1>{title}</h1>\n  {refusal.text}<br /><br />\n\n\n\n '
            f'</body>\n</html>'
        )
        response.headers['Content-Type'] = 'text/html; charset=UTF-8'
        return response

    @route('/')
    def versions(self, call: Call) -> Any:
        """Return the versions, newest in the middle as Glance has it."""
        link = [{'rel': 'self', 'href': call.url('/v2/')}]
        versions = [
            {
                'id': f'v2.{minor}',
                'status': 'CURRENT' if minor == 17 else 'SUPPORTED',
                'links': link,
            }
            for minor in (15, 13, 17, 2, 1, 0)
        ]
        return 300, {'versions': versions}

    @route('/v2/images')
    def list_images(self, call: Call) -> Any:
        """Return images, all or those of a name, newest first."""
        call.authenticate()
        name = call.query.get('name')
        found = [
            image
            for image in reversed(self.world.images.values())
            if name in (None, image.name)
        ]
        limit = int(call.query.get('limit', 25))
        marker = call.query.get('marker')
        if marker:
            ids = [image.id for image in found]
            found = found[ids.index(marker) + 1 :]
        answer: Document = {
            'images': [_document(image) for image in found[:limit]],
            'first': '/v2/images',
            'schema': '/v2/schemas/images',
        }
        if len(found) > limit:
            answer['next'] = (
                f'/v2/images?limit={limit}&marker={found[limit - 1].id}'
            )
        return answer

    @route('/v2/images/<image_id>')
    def show_image(self, call: Call, image_id: str) -> Any:
        """Return an image."""
        call.authenticate()
        image = self.world.images.get(image_id)
        if image is None:
            raise Refusal(404, f'No image found with ID {image_id}')
        return _document(image)


def _document(image: Image) -> Document:
    stamp = image.created.strftime('%Y-%m-%dT%H:%M:%SZ')
    return image.properties | {
        'name': image.name,
        'disk_format': 'raw',
        'container_format': 'bare',
        'visibility': 'public',
        'size': 1 << 20,
        'virtual_size': 1 << 20,
        'status': 'active',
        'checksum': 'b6d81b360a5672d80c27430f39153e2c',
        'protected': False,
        'min_ram': 0,
        'min_disk': 0,
        'owner': 'admin',
        'os_hidden': False,
        'os_hash_algo': 'sha512',
        'os_hash_value': '0' * 128,
        'id': image.id,
        'created_at': stamp,
        'updated_at': stamp,
        'tags': [],
        'self': f'/v2/images/{image.id}',
        'file': f'/v2/images/{image.id}/file',
        'schema': '/v2/schemas/image',
        'stores': 'file',
    }
