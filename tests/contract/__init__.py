"""What a cloud answers, checked in the same words on the model and the real.

The modules have no tests of their own; ``tests.unit.model.test_contract`` and
``tests.functional.test_contract`` run their cases. Where the two clouds
differ, the model is wrong.
"""
