"""Importing this makes password hashes quick, in the tests and in the web servers beside them alike.

A million rounds take a third of a second for each of the thousand users that a run makes. Both sides need the same number: a log-in at a
server with another one would hash anew, and end every other session of that user.
"""

from django.contrib.auth.hashers import PBKDF2PasswordHasher

PBKDF2PasswordHasher.iterations = 1_000
