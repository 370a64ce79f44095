"""Words of the services on one line of a terminal."""

from osc_baremetal_config.cloud import texts
from tests.unit import base

FAILED = (
    "Node 5b59 failed step {'interface': 'bios', 'step': "
    "'apply_configuration', 'args': {'settings': [{'name': 'A', 'value': "
    "'{x}'}]}, 'priority': 0}: the BMC refuses it"
)


class OneLineTest(base.TestCase):
    def test_a_step_is_named_and_not_printed_as_python_has_it(self) -> None:
        self.assertEqual(
            'Node 5b59 failed step bios.apply_configuration: the BMC refuses '
            'it',
            texts.one_line(FAILED),
        )

    def test_several_steps(self) -> None:
        text = (
            "Starting deployment with steps=[{'interface': 'bios', 'step': "
            "'apply', 'args': {'x': [{'y': '}'}]}}, {'step': 'deploy', "
            "'priority': 100, 'argsinfo': None, 'interface': 'deploy'}]"
        )
        self.assertEqual(
            'Starting deployment with steps=[bios.apply, deploy.deploy]',
            texts.one_line(text),
        )

    def test_what_only_looks_like_a_step_stays(self) -> None:
        for text in (
            "failed step {'a': 1}: no",
            'failed step {',
            'step {{{',
            "{'a': {'b': {'c': " * 500,
        ):
            text = ' '.join(text.split())
            self.assertEqual(text, texts.one_line(text))

    def test_of_a_bmcs_answer_its_messages_are_kept(self) -> None:
        error = 'code 400. Base.1.0.GeneralError: A general error.'
        info = (
            "{{'@odata.type': '/redfish/v1/$metadata#Message.1.0.0.Message', "
            "'Message': {message}, 'MessageId': 'Base.1.0.GeneralError'}}"
        )
        one = info.format(message="'BootMode is locked'")
        other = info.format(message='"it\'s off"')
        again = info.format(message="'A general error.'")
        for listed, told in (
            (f'[{one}]', ' (BootMode is locked)'),
            (f'[{one}, {other}]', " (BootMode is locked; it's off)"),
            (f'[{one}, {one}]', ' (BootMode is locked)'),
            (f'[{again}]', ''),
            ("[{'MessageId': 'x'}]", ''),
            # Ironic has cut it.
            (f'[{one}'[:-30], ' (BootMode is locked)'),
            ("[{'Mess", ''),
        ):
            text = f'{error} Extended information: {listed}'
            self.assertEqual(error + told, texts.one_line(text), listed)

    def test_what_comes_after_a_bmcs_answer_stays(self) -> None:
        text = "no. Extended information: [{'MessageId': 'x'}] Again."
        self.assertEqual('no. Again.', texts.one_line(text))
