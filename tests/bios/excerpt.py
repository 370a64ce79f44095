"""Which attributes of a machine the excerpt has.

Owns what is worth a place in the tree, by name and by oddity, and what never
gets one because it tells which machine it was. Never changes an attribute
but for that, and says nothing of how anybody should take it.
"""

import dataclasses
import fnmatch
import re
from collections.abc import Callable, Iterator, Sequence

from tests.bios import machines
from tests.bios.machines import Attribute, Machine


def _words(text: str) -> list[str]:
    return text.split()


# The settings that the catalogue's types and their kin are, by vendor; the
# profiles, and what a profile or another setting locks.
TYPES = _words("""
    LogicalProc ProcHyperthreading ProcSMT Processors_HyperThreading
    Hyper_Threading_ALL_* ProcessorHyperThreadingDisable ProcVirtualization
    Processors_IntelVirtualizationTechnology IntelVirtualizationTechnology_*
    ProcessorVmxEnable SriovGlobalEnable Sriov DevicesandIOPorts_SRIOV
    SR_IOVSupport_* SriovSupport SRIOVEnable IntelSgx SgxEnable EnableSgx
    Processors_SGX* Processors_PRMRRSize SWGuardExtensions_SGX_* CpuMinSevAsid
    Snp Sme MinimumSevAsid MaximumSevAsid AmdSecureMemoryEncryption
    ProcTurboMode ProcTurbo ProcAMDBoost Processors_TurboMode TurboMode
    TurboMode_* SubNumaCluster SubNumaClustering NodeInterleave
    NumaNodesPerSocket CcxAsNumaDomain NumaMemoryDomainsPerSocket
    LastLevelCacheAsNUMANode Processors_SNC SNC_* NumaEn SysProfile
    WorkloadProfile PowerProfileSelect PowerRegulator PowerProfile
    AMDPerformanceWorkloadProfile OperatingModes_ChooseOperatingMode
    PowerPerformanceTuning_* PwrPerfTuning ProcCStates ProcC1E
    EnergyPerformanceBias ProcPwrPerf PcieAspmL1 MinProcIdlePower
    EnergyPerfBias IntelProcVtd ProcAmdIoVt Processors_CStates MemOpMode
    MemoryEncryption Tme MkTme IommuSupport VTdSupport EnableTdx TdxEnable
    DevicesandIOPorts_IntelVTforDirectedIOVTd IntelVTforDirectedI_O_VT_d__*
    TransparentSme TransparentSecureMemoryEncryption EnableTme EnableMktme
    Processors_TotalMemoryEncryption Processors_MultikeyTotalMemoryEncryption
    MemoryEncryption_TME__* CPUC6Report_* AltEngPerfBIAS ProcHwPrefetcher
    ProcAdjCacheLine DcuStreamerPrefetcher DcuIpPrefetcher HwPrefetcher
    L1StreamHwPrefetcher L2StreamHwPrefetcher L1RegionPrefetcher
    L1StridePrefetcher L2UpDownPrefetcher AdjSecPrefetch DcuStreamPrefetcher
    AmdL1Prefetcher AmdL2Prefetcher Processors_HardwarePrefetcher
    Processors_AdjacentCachePrefetch Processors_DCUStreamerPrefetcher
    Processors_DCUIPPrefetcher HardwarePrefetcher_* AdjacentCachePrefetch_*
    DCUStreamerPrefetcher_* DCUIPPrefetcher_* MlcStreamerPrefetcherEnable
    MlcSpatialPrefetcherEnable DCUStreamerPrefetcherEnable
    DCUIPPrefetcherEnable AdvancedMemProtection MemMirrorMode
    Memory_MirrorMode PcieGlobalAspm Power_ASPM PCIeASPMSupport_Global__*
    BootMode BootModes_SystemBootMode SecureBoot SecureBootStatus
    SecureBootConfiguration_SecureBootSetting SecureBootEnable_*
    SecureBootSupport TpmSecurity TpmVisibility SecurityDeviceSupport_*
    TpmSupport EGM DisableChannelSparing Processors_C1EnhancedMode
    CorePerformanceBoost_* MinProcIdlePkgState TPM Memory_SMEE PxeDev2EnDis
    PxeDev2Interface
""")

# What is no setting to keep, as the registries' help has it: what changes by
# itself, what tells which machine it is, what does something once.
VOLATILE = _words("""
    OneTime* PowerCycleRequest TpmClear TpmCommand Tpm2Hierarchy
    SetBootOrderFqdd1 SetLegacyHddOrderFqdd1 SerialNumber ProductId
    RestoreDefaults RestoreManufacturingDefaults SaveUserDefaults
    EraseUserDefaults Tpm2Operation RomSelection TpmModeSwitchOperation
    TpmFipsModeSwitch MemoryRemap SgxFactoryReset DateTime EmmcWipe NvmeWipe
    ResetEfiVars OsArgs EpochUpdate TpmOperation DeleteBmcUserName
    MemoryTestNextBoot MemoryTestSingleBoot EraseEventLog_* ResetKeys_*
    PendingOperation_* DeleteHTTPSBootTLSCertificate_* SecurityFunction_*
    EnhancedPPR_* LoadAuthentication_Key_* M2*_Create M2*_Delete *_BlinkLEDs
    *_LinkStatus *_BoottoTarget TrustedComputingGroup_DeviceOperation
    SecureBootConfiguration_SecureBootPolicy
""")

# What belongs to one machine: its numbers, names and addresses.
UNIQUE = _words("""
    ServerName ServerOtherInfo *AssetTag SystemServiceTag *MACAddress
    RouterMac* BootOption7?? BootOrder UefiPriorities* IPMI504 IPMI509
    HttpDev1Ip HttpDev1Mask HttpDev1Gateway IscsiDev1Con1Ip IscsiDev1Con1Mask
    IscsiDev1Con1Gateway IscsiDev1Con1TargetIp IscsiDev1Con1TargetName
    IscsiDev1Con1IsId IscsiDev1Con1*ChapName IscsiInitiatorName
    NvmeofSubsys1Address NvmeofSubsys1HostIP NvmeofSubsys1HostMask
    NvmeofSubsys1HostGateway NvmeofSubsys1Nqn NvmeofHostId NvmeofHostNqn
    Ipv?Address Ipv4SubnetMask Ipv?Gateway *_IPAddress *_IPv6Address
    *_IPv6PrefixLength *_SubnetMask *_DefaultGateway *_IPv6DefaultGateway
    *_iSCSIName *_CHAPID StationIp* StaticIp* Subnet? RouterIp* RouterPrefix*
    IPMI503 IPMI508 RFServiceIpAddress
""")

# Serial numbers, secrets and the names of machines and people.
PRIVATE = _words("""
    *SerialNumber* *ServiceTag* *AssetTag* *ServerName* *ProductId* *HostId
    *HostNqn *iSCSIName *InitiatorName *Password* *Secret* *Phone* Admin*
    Service* *UserName* *PostMessage *Url* *OtherInfo
""")

# So many of a machine for each oddity, and for each name above: a port's
# settings come once for each port.
EACH = 2
# Of a line; longer ones are lists of boot devices, which nobody can read.
LONGEST = 1000

_ADDRESS = re.compile(
    r'(?:[0-9A-F]{2}[:-]){5}[0-9A-F]{2}'
    r'|(?<![0-9A-Z])[0-9A-F]{12}(?![0-9A-Z])',
    re.IGNORECASE,
)
# Those that RFC 7042 has for documents, and none.
_NO_ADDRESS = re.compile('00005E0053..|0{12}', re.IGNORECASE)


def excerpt(machine: Machine) -> Machine:
    """Return a machine with the attributes that are worth a place."""
    known = [told for each in machine.attributes if (told := public(each))]
    chosen = {each.name for each in _chosen(known)}
    return Machine(
        machine.name, tuple(each for each in known if each.name in chosen)
    )


def public(attribute: Attribute) -> Attribute | None:
    """Return an attribute without what tells which machine it was.

    None if that is not the value alone, or if without it the attribute has
    other oddities.
    """
    if _has_address(machines.line(attribute)):
        return None
    if not isinstance(attribute.current, str) or not _is_any(
        attribute.name, PRIVATE
    ):
        return attribute
    blank = dataclasses.replace(attribute, current='')
    return blank if oddities(blank) == oddities(attribute) else None


def oddities(attribute: Attribute) -> set[str]:
    """Return the names of what is odd about an attribute."""
    return {name for name, is_so in ODDITIES.items() if is_so(attribute)}


def _chosen(known: Sequence[Attribute]) -> Iterator[Attribute]:
    """Yield what is worth a place, some of it more than once."""
    by_length = sorted(known, key=lambda each: len(machines.line(each)))
    short = [e for e in by_length if len(machines.line(e)) <= LONGEST]
    for name in TYPES + VOLATILE + UNIQUE:
        yield from [e for e in short if _is_any(e.name, [name])][:EACH]
    for is_so in ODDITIES.values():
        yield from [e for e in short if is_so(e)][:EACH]


def _is_any(name: str, patterns: Sequence[str]) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


def _has_address(text: str) -> bool:
    found = (re.sub('[:-]', '', each) for each in _ADDRESS.findall(text))
    return any(not _NO_ADDRESS.fullmatch(each) for each in found)


def _text(attribute: Attribute) -> str:
    """Return the current value if it is a text, else nothing."""
    return attribute.current if isinstance(attribute.current, str) else ''


def _is_unlisted(attribute: Attribute) -> bool:
    is_one_of_many = attribute.kind == 'Enumeration'
    return is_one_of_many and attribute.current not in attribute.values


def _is_out_of_bounds(attribute: Attribute) -> bool:
    number, least, most = attribute.current, attribute.lower, attribute.upper
    if not isinstance(number, int) or least is None or most is None:
        return False
    return not least <= number <= most


def _is_of_odd_length(attribute: Attribute) -> bool:
    least, most = attribute.min_length, attribute.max_length
    if attribute.current is None or least is None or most is None:
        return False
    return not least <= len(_text(attribute)) <= most


ODDITIES: dict[str, Callable[[Attribute], bool]] = {
    'Boolean': lambda a: a.kind == 'Boolean',
    'Boolean with ValueNames': lambda a: (
        a.kind == 'Boolean' and bool(a.values)
    ),
    'Integer': lambda a: a.kind == 'Integer',
    'Integer out of bounds': _is_out_of_bounds,
    'UpperBound -1': lambda a: (a.upper or 0) < 0,
    'UpperBound of more than 31 bits': lambda a: (a.upper or 0) >= 2**31,
    'Password': lambda a: a.kind == 'Password',
    'current not a ValueName': _is_unlisted,
    'ValueName twice': lambda a: len(set(a.values)) < len(a.values),
    'ValueName like a number': lambda a: any(
        value.isdecimal() for value in a.values
    ),
    'text like a number': lambda a: (
        a.kind != 'Enumeration' and _text(a).isdecimal()
    ),
    'too short or too long': _is_of_odd_length,
    'longer than server metadata': lambda a: len(_text(a)) > 255,
    'blank at an end': lambda a: _text(a) != _text(a).strip(),
    'not ASCII': lambda a: not _text(a).isascii(),
    'null': lambda a: a.current is None,
    'read-only': lambda a: bool(a.read_only),
    'name of 96 characters': lambda a: len(a.name) > 95,
    'bool of no type': lambda a: (
        a.kind is None and isinstance(a.current, bool)
    ),
    'int of no type': lambda a: a.kind is None and type(a.current) is int,
    'text of no type': lambda a: a.kind is None and bool(_text(a)),
}
