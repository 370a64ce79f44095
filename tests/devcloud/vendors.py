"""The nodes that have a real machine's BIOS, and what is offered for them.

Owns their definitions, which are the real cloud's alone: the model of the
clouds has no BIOS of real machines.  Must never make a thing itself.
"""

from tests.devcloud import api, redfish, resources

DELL, HPE, LENOVO = 'rf-dell', 'rf-hpe', 'rf-lenovo'
AMD, SUPERMICRO = 'rf-hpe-amd', 'rf-supermicro'


def _item(
    node: str, config: str, setting: str, bios: str, trait: str = ''
) -> resources.Item:
    """Return what gives a node an item.

    :param config: type and value.
    :param trait: that the node needs; the one that it alone has if empty.
    """
    kind, _, value = config.partition('=')
    vendor = redfish.vendor(node)
    name = f'{kind}-{value}-{vendor}'
    return resources.Item(
        type=kind,
        value=value,
        setting=setting,
        bios=bios,
        trait=trait or resources.vendor_trait(node),
        template=f'CUSTOM_{name.upper().replace("-", "_")}',
        runbook=name,
    )


# Dell's LogicalProc is the BIOS setting of all other nodes as well, so it has
# the templates already.  Supermicro's are as somebody writes them who has
# looked at what the BIOS shows.
ITEMS = (
    *(
        _item(node, f'hyperthreading={value}', setting, bios, resources.SMT)
        for node, setting, on, off in (
            (HPE, 'ProcHyperthreading', 'Enabled', 'Disabled'),
            (AMD, 'ProcSMT', 'Enabled', 'Disabled'),
            (LENOVO, 'Processors_HyperThreading', 'Enabled', 'Disabled'),
            (SUPERMICRO, 'Hyper_Threading_ALL__F27F', 'Enable', 'Disable'),
        )
        for value, bios in (('enabled', on), ('disabled', off))
    ),
    *(
        _item(node, f'{kind}={value}', setting, bios)
        for node, kind, setting, values in (
            (
                DELL,
                'power-profile',
                'SysProfile',
                {'performance': 'PerfOptimized', 'custom': 'Custom'},
            ),
            (
                DELL,
                'boot-mode',
                'BootMode',
                {'uefi': 'Uefi', 'legacy': 'Bios'},
            ),
            (
                HPE,
                'workload-profile',
                'WorkloadProfile',
                {'hpc': 'HighPerformanceCompute(HPC)', 'custom': 'Custom'},
            ),
            (
                AMD,
                'iommu',
                'ProcAmdIoVt',
                {'enabled': 'Enabled', 'disabled': 'Disabled'},
            ),
            (
                LENOVO,
                'sriov',
                'DevicesandIOPorts_SRIOV',
                {'enabled': 'Enabled', 'disabled': 'Disabled'},
            ),
        )
        for value, bios in values.items()
    ),
)


def nodes(redfish_url: str) -> list[api.Json]:
    """Return the nodes, all of one resource class."""
    return [
        resources.redfish_node(name, redfish_url)
        | {'resource_class': 'baremetal.vendors'}
        for name in redfish.MACHINES
    ]


def flavor(node: str) -> str:
    """Return the name of the flavor that lands on a node."""
    return f'bm.{redfish.vendor(node)}'


def flavors() -> resources.Flavors:
    """Return body and extra specs of each flavor: one for each node."""
    size, specs = resources.bare_flavor('vendors')
    return {
        flavor(node): (
            size,
            specs | {f'trait:{resources.vendor_trait(node)}': 'required'},
        )
        for node in redfish.MACHINES
    }
