"""Settings that can be set only once others are: on the real cloud."""

from typing import Any

from tests.functional import base, test_claims

SLOT, REFUSED = 'NIC.Slot.5-1', 'NIC.Embedded.2-1-1'
CLOSED = {'PxeDev2EnDis': 'Disabled', 'PxeDev2VlanId': 1}
LOCKED = (
    'PxeDev2VlanId is read-only by the registry that Ironic has cached, '
    'although PxeDev2EnDis is Enabled; Ironic notices that only when it '
    'connects to the BMC again'
)
TWO = ('--max-reboots', '2')
ASKED = ('--config', 'pxe=slot', *TWO)


class OrderedTest(test_claims.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.web = self.server(f'{base.REDFISH}.ht-off').id
        self.bmc = self.bmc_of(self.web)
        # Whatever an earlier server has left there.
        self.bmc.deliver()
        self.service(self.web, PxeDev2EnDis='Disabled')
        self.assertEqual(CLOSED, self.pxe())

    def now(self, name: str) -> Any:
        return self.bmc.bios()[name]

    def pxe(self) -> dict[str, Any]:
        """Return what the BIOS says of the PXE device."""
        names = ('PxeDev2EnDis', 'PxeDev2VlanId', 'PxeDev2Interface')
        bios = self.bmc.bios()
        return {name: bios[name] for name in names if name in bios}

    def offer(self, interface: str) -> Any:
        settings = {
            'PxeDev2EnDis': 'Enabled',
            'PxeDev2Interface': interface,
        }
        return self.offered('pxe=slot', settings)

    def test_there_and_back(self) -> None:
        before = self.state(self.web)
        with self.offer(SLOT):
            ran = self.set(self.mona, *ASKED[:2], self.web)
            self.assert_refused(ran, '2 services', '--max-reboots 2')
            self.assertEqual(before, self.state(self.web))
            applied = self.bmc.counters()['BiosApplied']
            ran = self.set(self.mona, *ASKED, self.web)
            self.assert_ended(0, ran)
            self.assertIn('requesting the service 2 of 2', ran.err)
            self.assertEqual(
                applied + 2, self.bmc.counters()['BiosApplied'], ran.err
            )
            self.assertEqual(
                CLOSED | {'PxeDev2EnDis': 'Enabled', 'PxeDev2Interface': SLOT},
                self.pxe(),
            )

    def test_what_the_bmc_refuses_is_undone(self) -> None:
        before = self.state(self.web)
        with self.offer(REFUSED):
            ran = self.set(self.operator, *ASKED, self.web)
        self.assert_ended(4, ran)
        self.assertIn('PxeDev2Interface', ran.err)
        self.assertEqual(CLOSED, self.pxe())
        self.assertEqual(before, self.state(self.web))

    def test_a_later_rollback_goes_the_reverse_way(self) -> None:
        before = self.state(self.web)
        with self.offer(SLOT):
            for _ in range(2):
                self.leave(self.web, 'pxe=slot', *TWO)
            self.assertEqual(SLOT, self.now('PxeDev2Interface'))
            ran = self.recover(self.mona, '--rollback', self.web)
            self.assert_ended(0, ran)
        self.assertEqual(CLOSED, self.pxe())
        self.assertEqual(before, self.state(self.web))

    def test_ironic_reads_a_registry_once_for_a_connection(self) -> None:
        settings = {'PxeDev2EnDis': 'Enabled', 'PxeDev2VlanId': 7}
        with self.offered('vlan=7', settings):
            asked = ('--config', 'vlan=7', *TWO)
            # One run stops after the first service; the next one undoes it.
            self.leave(self.web, 'vlan=7', *TWO)
            self.assertEqual('Enabled', self.now('PxeDev2EnDis'))
            ran = self.set(self.mona, *asked, self.web)
            self.assert_ended(4, ran)
            self.assertIn(LOCKED, ran.err)
            self.assertEqual(CLOSED, self.pxe())
            self.service(self.web, PxeDev2EnDis='Enabled')
            ran = self.set(self.mona, *asked, self.web)
            self.assert_refused(ran, LOCKED)
            self.connect_anew()
            self.service(self.web, PxeDev2EnDis='Enabled')
            ran = self.set(self.mona, *asked, self.web)
            self.assert_ended(0, ran)
        self.assertEqual(7, self.now('PxeDev2VlanId'))

    def connect_anew(self) -> None:
        """Have Ironic connect to the BMC as if it were another one."""
        node = self.node_of(self.web)
        address = node.driver_info['redfish_address']
        for written in (address.replace('http://', 'HTTP://'), address):
            path = '/driver_info/redfish_address'
            change = {'op': 'replace', 'path': path, 'value': written}
            if written != address:
                self.lab.patch(node.id, change)
            else:
                self.addCleanup(self.lab.patch, node.id, change)
