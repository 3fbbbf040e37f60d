"""Addresses of the public API. The last line answers for whatever is not there, so these come after moderation's."""

from django.urls import path, re_path

from comments import api, api_docs
from newsroom import kept

urlpatterns = [
    path("articles/", api.Articles.as_view(), name="api-articles"),
    path("articles/<slug:slug>/", kept.shared()(api.OneArticle.as_view()), name="api-article"),
    path("articles/<slug:slug>/comments/", kept.shared(query=("sort", "cursor"))(api.ArticleComments.as_view()), name="api-comments"),
    path("comments/<slug:public_id>/", api.OneComment.as_view(), name="api-comment"),
    path("comments/<slug:public_id>/replies/", api.Replies.as_view(), name="api-replies"),
    path("comments/<slug:public_id>/reaction/", api.OneReaction.as_view(), name="api-reaction"),
    path("schema/", api_docs.schema, name="api-schema"),
    path("docs/", api_docs.docs, name="api-docs"),
    re_path(r"", api.Missing.as_view(), name="api-missing"),
]
