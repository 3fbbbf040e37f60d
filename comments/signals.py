"""The project's one signal. It only saves time: whoever misses it finds the comment PENDING in the database."""

from django.dispatch import Signal

comment_submitted = Signal()  # arguments: comment_id (int), revision (int); sent after the commit
