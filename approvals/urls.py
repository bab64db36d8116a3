"""Addresses of cases, content and decisions; all below /w/<workspace>/."""

from django.urls import path

from approvals.media_views import show_media
from approvals.views import assets, cases, decisions, queue, rights, studio, talk, uploading

app_name = "approvals"
urlpatterns = [
    path("approvals/", queue.queue, name="queue"),
    path("approvals/<uuid:pk>/", queue.review, name="review"),
    path("versions/<uuid:pk>/accept/", decisions.accept, name="accept"),
    path("versions/<uuid:pk>/regenerate/", decisions.regenerate, name="regenerate"),
    path("versions/<uuid:pk>/reject/", decisions.reject, name="reject"),
    path("versions/decide/", decisions.decide_many, name="decide_many"),
    path("versions/<uuid:pk>/undo/", decisions.undo, name="undo"),
    path("versions/<uuid:pk>/comment/", talk.comment, name="comment"),
    path("versions/<uuid:pk>/due/", talk.set_due, name="set_due"),
    path("versions/<uuid:pk>/links/", talk.links, name="review_links"),
    path("review-links/<uuid:pk>/revoke/", talk.revoke_link, name="revoke_link"),
    path("assets/new/", uploading.new_asset, name="new_asset"),
    path("assets/<uuid:pk>/", assets.asset, name="asset"),
    path("assets/<uuid:pk>/versions/new/", uploading.new_version, name="new_version"),
    path("assets/<uuid:pk>/discard/", assets.discard, name="discard"),
    path("assets/<uuid:pk>/bring-back/", assets.bring_back, name="bring_back"),
    path("assets/<uuid:pk>/rights/new/", rights.new_rights, name="new_rights"),
    path("assets/rights/<uuid:pk>/", rights.change_rights, name="change_rights"),
    path("assets/rights/<uuid:pk>/evidence/", rights.evidence, name="evidence"),
    path("cases/", cases.cases, name="cases"),
    path("cases/new/", cases.new_case, name="new_case"),
    path("cases/<uuid:pk>/", cases.case, name="case"),
    path("studio/<uuid:pk>/", studio.studio, name="studio"),
    path("studio/<uuid:pk>/mend/", studio.mend, name="studio_mend"),
    path("studio/jobs/<uuid:pk>/", studio.job, name="studio_job"),
    path("studio/jobs/<uuid:pk>/cancel/", studio.cancel_job, name="cancel_studio_job"),
    path("studio/jobs/<uuid:pk>/again/", studio.retry_job, name="retry_studio_job"),
    path("media/new/", uploading.upload_media, name="upload_media"),
    path("media/<uuid:pk>/<str:variant>", show_media, name="show_media"),
]
