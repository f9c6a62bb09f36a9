"""The public site: the blind interface, and pages that are a source for the length of one request.

One process reads the heads of all requests and serves the interface, where everything is sealed. What a person
wrote is only ever read by a child that is forked for one request and ends with its answer.
"""
