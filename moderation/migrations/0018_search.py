from django.db import migrations

# The expression of moderation.search.DOCUMENT: only where both are the same does PostgreSQL use the index.
INDEX = """CREATE INDEX CONCURRENTLY IF NOT EXISTS comment_words ON comments_comment
USING gin (to_tsvector('simple', author_name || ' ' || body_text))"""


def make(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(INDEX)


def drop(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX CONCURRENTLY IF EXISTS comment_words")


class Migration(migrations.Migration):
    atomic = False  # a million comments take minutes to index; readers and writers go on meanwhile

    dependencies = [("moderation", "0017_desk"), ("comments", "0004_people")]

    operations = [migrations.RunPython(make, drop)]
