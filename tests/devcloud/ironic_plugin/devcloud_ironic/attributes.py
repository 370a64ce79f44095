"""The BIOS attributes of all nodes of the cloud.

Owns what a real server's attribute registry says: Ironic's fake interface
and the Redfish emulator both take it from here.  Needs nothing but the
standard library.
"""

import dataclasses

SWITCH = ('Enabled', 'Disabled')


@dataclasses.dataclass(frozen=True)
class Attribute:
    """One BIOS attribute.

    :param kind: Redfish's Type: Enumeration, Integer or String.
    :param values: of an Enumeration.
    :param lower: the least Integer, or the least length of a String.
    :param upper: the greatest, or the longest.
    """

    name: str
    kind: str
    default: str | int
    values: tuple[str, ...] = ()
    lower: int | None = None
    upper: int | None = None
    read_only: bool = False
    unique: bool = False

    def parse(self, value):
        """Return the value as the BMC keeps it.

        :raises ValueError: a BMC would refuse it.
        """
        if self.read_only:
            raise ValueError(f'{self.name} is read-only')
        if self.kind == 'Integer':
            return self._parse_integer(value)
        if not isinstance(value, str):
            raise ValueError(f'{self.name} takes text, not {value!r}')
        if self.kind == 'Enumeration' and value not in self.values:
            raise ValueError(
                f'{self.name} takes {", ".join(self.values)}, not {value!r}'
            )
        if self.kind == 'String' and not self._fits(len(value)):
            raise ValueError(
                f'{self.name} takes {self.lower} to {self.upper} characters'
            )
        return value

    def _parse_integer(self, value):
        try:
            number = int(value)
        except (TypeError, ValueError):
            raise ValueError(
                f'{self.name} takes a number, not {value!r}'
            ) from None
        if not self._fits(number):
            raise ValueError(
                f'{self.name} takes {self.lower} to {self.upper}, not {number}'
            )
        return number

    def _fits(self, size):
        return self.lower <= size <= self.upper


ATTRIBUTES = (
    Attribute('LogicalProc', 'Enumeration', 'Enabled', SWITCH),
    Attribute('ProcTurboMode', 'Enumeration', 'Enabled', SWITCH),
    Attribute('ProcVirtualization', 'Enumeration', 'Enabled', SWITCH),
    Attribute('SriovGlobalEnable', 'Enumeration', 'Disabled', SWITCH),
    Attribute(
        'SysProfile',
        'Enumeration',
        'PerfPerWattOptimizedDapc',
        ('PerfOptimized', 'PerfPerWattOptimizedDapc', 'Custom'),
    ),
    Attribute('BootMode', 'Enumeration', 'Uefi', ('Uefi', 'Bios')),
    Attribute('NumaNodesPerSocket', 'Integer', 1, lower=0, upper=4),
    Attribute('AssetTag', 'String', '', lower=0, upper=63),
    Attribute(
        'SystemServiceTag',
        'String',
        'DEVCLD1',
        lower=0,
        upper=7,
        read_only=True,
        unique=True,
    ),
)
BY_NAME = {attribute.name: attribute for attribute in ATTRIBUTES}
DEFAULTS = {attribute.name: attribute.default for attribute in ATTRIBUTES}


def parse(settings):
    """Return settings as the BMC keeps them.

    :param settings: value by name.
    :raises ValueError: a BMC would refuse them, for all these reasons.
    """
    parsed, problems = {}, []
    for name, value in settings.items():
        try:
            if name not in BY_NAME:
                raise ValueError(f'there is no attribute {name}')
            parsed[name] = BY_NAME[name].parse(value)
        except ValueError as exc:
            problems.append(str(exc))
    if problems:
        raise ValueError('; '.join(problems))
    return parsed
