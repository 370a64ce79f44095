"""Neutron's API, with its mappers configured before the first request.

Owns nothing; runs in the cloud's virtual environment under uWSGI.

neutron 29 reads ``Port.port_forwardings`` while it builds the query of
``GET /v2.0/ports``.  SQLAlchemy adds that attribute only when the mappers
are configured, at the first query; so a fresh process whose first request
lists ports would answer 500, and go on doing so.
"""

from neutron.wsgi.api import (  # type: ignore[import-not-found]
    application as application,
)
from sqlalchemy import orm  # type: ignore[import-not-found]

orm.configure_mappers()
