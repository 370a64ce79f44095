"""``server config show``, whole."""

from tests import runs
from tests.unit import base, canned, documents
from tests.unit.canned import SYSTEM, ironic
from tests.unit.conversations import read

HIDDEN = (
    'Deploy templates are shown to operators only; what is allowed is by the '
    'runbooks that you can see.\n'
)
SHOW = ('server', 'config', 'show', 'web-1')


class ShowTest(base.TestCase):
    def show(self, *argv: str, **script: object) -> runs.Ran:
        cloud = self.useFixture(
            canned.Cloud(
                *read(**script),  # type: ignore[arg-type]
                has_system_role=bool(script.get('is_operator')),
            )
        )
        return cloud.openstack(*SHOW, *argv)

    def test_project_user_sees_all_in_seven_requests(self) -> None:
        ran = self.show('-f', 'json')
        self.assert_ended(0, ran, err=HIDDEN)
        [row] = [r for r in ran.json() if r['Config'] == 'hyperthreading']
        self.assertEqual(
            {
                'Config': 'hyperthreading',
                'Desired': 'disabled',
                'Actual': 'disabled',
                'Allowed': ['enabled', 'disabled'],
                'Source': 'flavor bm.large.ht-off',
                'Capability': 'yes',
                'Drift': False,
                'Changed': None,
                'Checked': '2026-11-22T13:00:00+00:00',
                'Deferred': None,
            },
            row,
        )

    def test_operator_sees_the_same_with_one_login(self) -> None:
        ran = self.show('-f', 'value', is_operator=True)
        self.assert_ended(0, ran, err='')
        self.assertEqual(
            "hyperthreading disabled disabled ['enabled', 'disabled'] "
            'flavor bm.large.ht-off yes False None 2026-11-22T13:00:00+00:00 '
            'None',
            ran.out.splitlines()[0],
        )

    def test_operator_sees_the_templates_of_a_server_of_the_own_project(
        self,
    ) -> None:
        script = read()
        group = script[-1]
        assert isinstance(group, list)
        cloud = self.useFixture(
            canned.Cloud(
                *script[:-1],
                [
                    *group,
                    ironic(
                        'GET',
                        '/deploy_templates/?detail=True',
                        documents.deploy_templates(),
                        version='1.55',
                        token=SYSTEM,
                    ),
                    ironic(
                        'GET',
                        '/runbooks/?detail=True',
                        {'runbooks': []},
                        version='1.112',
                        token=SYSTEM,
                    ),
                ],
                has_system_role=True,
            )
        )
        ran = cloud.openstack(*SHOW, '-f', 'value', '-c', 'Actual')
        self.assert_ended(0, ran)
        self.assertEqual('disabled', ran.out.split()[0])

    def test_what_differs_is_drift(self) -> None:
        ran = self.show(bios=documents.bios('Enabled'))
        self.assertIn('| disabled | enabled |', ran.out)
        self.assertIn('| yes   |', ran.out)

    def test_metadata_goes_before_image_before_flavor(self) -> None:
        image = documents.image(**{'deploy-config:hyperthreading': 'enabled'})
        ran = self.show('-f', 'json', image=image)
        self.assertEqual(
            'image bm-image (but flavor bm.large.ht-off says disabled)',
            ran.json()[0]['Source'],
        )
        metadata = {'deploy-config:hyperthreading': 'disabled'}
        server = documents.server(metadata=metadata)
        ran = self.show('-f', 'json', image=image, server=server)
        self.assertEqual('server metadata', ran.json()[0]['Source'])

    def test_what_cannot_be_told_is_said(self) -> None:
        ran = self.show('-f', 'json', bios={'bios': []})
        self.assert_ended(0, ran)
        self.assertEqual(
            [None, None], [ran.json()[0][c] for c in ('Actual', 'Drift')]
        )
        self.assertEqual(
            'hyperthreading: the actual value cannot be told: Ironic has '
            f'read no BIOS settings of this node\n{HIDDEN}',
            ran.err,
        )
