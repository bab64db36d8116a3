"""Board, panel, posts, and the verbs about them. Everything is below /w/<workspace>/."""

from django.urls import path

from publishing.views import actions, board, calendar, case_export, feed, gallery, handoff_link, log, performance, posts

app_name = "publishing"
urlpatterns = [
    path("board/", board.board, name="board"),
    path("board/panel/<uuid:version>/", board.panel, name="panel"),
    path("calendar/", calendar.calendar, name="calendar"),
    path("calendar/move/", calendar.move, name="calendar_move"),
    path("calendar/feed/", feed.feed, name="calendar_feed"),
    path("calendar/posts/<uuid:pk>/", calendar.reschedule, name="calendar_post"),
    path("calendar/slots/new/", calendar.new_slot, name="new_slot"),
    path("calendar/slots/<uuid:pk>/", calendar.change_slot, name="change_slot"),
    path("calendar/slots/<uuid:pk>/move/", calendar.move_slot, name="move_slot"),
    path("calendar/slots/<uuid:pk>/remove/", calendar.remove_slot, name="remove_slot"),
    path("cases/<uuid:pk>/export.<str:format>", case_export.export, name="case_export"),
    path("gallery/", gallery.gallery, name="gallery"),
    path("gallery/download.zip", gallery.download_chosen, name="download_chosen"),
    path("gallery/share/", gallery.share_chosen, name="share_chosen"),
    path("gallery/shares/", gallery.shares, name="shares"),
    path("gallery/shares/<uuid:pk>/revoke/", gallery.revoke_share, name="revoke_share"),
    path("gallery/<uuid:pk>/download/", gallery.download, name="download"),
    path("rights/", gallery.rights, name="rights"),
    path("log/", log.log, name="log"),
    path("log/export.<str:format>", log.log_export, name="log_export"),
    path("handoffs/<uuid:pk>/link/", handoff_link.handoff_link, name="handoff_link"),
    path("handoffs/<uuid:pk>/link/qr.svg", handoff_link.handoff_qr, name="handoff_qr"),
    path("handoffs/<uuid:pk>/link/new/", handoff_link.new_handoff_link, name="new_handoff_link"),
    path("posts/", posts.posts, name="posts"),
    path("posts/<uuid:pk>/", posts.post, name="post"),
    path("performance/", performance.performance, name="performance"),
    path("posts/<uuid:pk>/numbers/", performance.look_now, name="look_now"),
    path("posts/<uuid:pk>/card/", posts.card, name="card"),
    path("posts/<uuid:pk>/state/", posts.state, name="state"),
    path("versions/<uuid:version>/publish/", actions.publish_now, name="publish_now"),
    path("versions/<uuid:version>/schedule/", actions.schedule, name="schedule"),
    path("posts/<uuid:pk>/send-now/", actions.send_now, name="send_now"),
    path("posts/<uuid:pk>/reschedule/", actions.reschedule, name="reschedule"),
    path("posts/<uuid:pk>/cancel/", actions.cancel, name="cancel"),
    path("posts/<uuid:pk>/retry/", actions.retry, name="retry"),
    path("posts/<uuid:pk>/confirm-live/", actions.confirm_live, name="confirm_live"),
    path("posts/<uuid:pk>/confirm-not-live/", actions.confirm_not_live, name="confirm_not_live"),
    path("posts/<uuid:pk>/publish-again/", actions.publish_again, name="publish_again"),
    path("posts/<uuid:pk>/ask-again/", actions.ask_again, name="ask_again"),
]
