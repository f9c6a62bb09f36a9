"""A coverage-guided fuzzer for what strangers can send.

``edges`` sees which lines of ours follow which, ``mutation`` changes inputs, ``engine`` keeps those that reach
something new. It is our own because the tests have to run it on every machine and for every version of Python, each
time with the same inputs; libFuzzer's binding for Python comes as a binary for few of them. Targets and what was kept
of them are in ``tests/fuzz``.
"""
