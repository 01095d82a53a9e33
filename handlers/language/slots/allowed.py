"""Which slots an intent may have. Nothing else is ever answered for it, whatever the words look like.

Made from the labels of the example lines (seen twice or more) and from what the features can use.
"""

from __future__ import annotations

_WHEN = "date time"
_TABLE = f"""
book_appointment: {_WHEN} mode topic teacher child program flag deadline duration_min attendees constraint recurring need
teacher_book: {_WHEN} child mode person topic duration_min program deadline need recurring
query_slots: {_WHEN} mode teacher program deadline
query_appointment: {_WHEN} mode child program person
waitlist_position: date program
export_ics: date mode
choose_option: {_WHEN} option mode
reject_options: {_WHEN} constraint
fill_slot: {_WHEN} mode topic teacher child duration_min attendees
correct_slot: date time mode child teacher topic attendees person
reschedule_appointment: {_WHEN} from_date from_time mode shift_days shift_min child person
change_mode: date mode child person
update_appointment: date attendees topic teacher duration_min child
counter_propose: {_WHEN} reason deadline shift_min shift_days mode
running_late: delay_min child person
shift_schedule: {_WHEN} shift_min mode
bulk_reschedule: {_WHEN} from_date mode
cancel_appointment: {_WHEN} mode reason child program person teacher
confirm_attendance: {_WHEN} mode raw
arrived: issue
mark_arrived: {_WHEN} person
mark_no_show: {_WHEN} person
report_problem: topic
join_waitlist: {_WHEN} program mode
leave_waitlist: date
decline_home_visit: alternative
open_slots: {_WHEN} mode capacity program deadline duration_min
close_slots: {_WHEN} mode program
edit_slot: {_WHEN} capacity_delta capacity mode program duration_min
set_booking_rule: mode buffer_min max_per_day duration_min time
questionnaire_answer: topic family
questionnaire_resume: mode
memo_draft: mode child person content topic date
memo_edit: item content person
memo_amend: change item
memo_confirm: date
query_memo: child item mode topic person date
followup_update: value item
followup_postpone: date shift_days child
set_followup: child due topic person
complete_followup: child result person item date
query_followup: date filter child person
evaluate_contact: rating mode
anonymous_question: topic risk urgent
anonymous_followup: topic ticket
anonymous_status: ticket topic date
anonymous_withdraw: ticket topic
anonymous_deanonymize: child index topic ticket
answer_anonymous: content index topic
anonymous_private_reply: index topic
anonymous_merge: index topic
anonymous_inbox: date topic index
create_survey: anonymous questions topic deadline
survey_answer: rating comment
survey_result: topic
praise_student: child deed date note
praise_class: deed date
add_reminder: {_WHEN} items topic
add_news: content date
edit_item: index content keyword time
remove_item: keyword index
set_digest_style: max_chars date
schedule_digest: {_WHEN} shift_min
publish_digest: date
preview_digest: date
skip_digest: date
hold_digest: date
ask_digest: date filter
ask_reminder: date topic
search_digest: topic date
ask_info: topic date
ask_notice_detail: topic
ask_praise: date child
star_nominate: child dimension deed date photo
star_edit: child dimension deed photo
star_query: filter date child dimension
star_publish: {_WHEN}
send_notice: {_WHEN} require
urgent_notice: {_WHEN} category
remind_unread: {_WHEN} filter count channel child person
query_unread: filter date child
recall_message: {_WHEN}
schedule_message: {_WHEN}
acknowledge_notice: raw
sign_notice: decision signer
sign_amend: decision signer
sign_proxy: relation
ask_office_hours: {_WHEN} teacher
set_office_hours: {_WHEN} days
set_away: {_WHEN} delegate
private_message: note topic urgent child teacher
query_message_status: tone date
dropoff_request: item child date
medication_request: {_WHEN} child dose
praise_teacher: teacher
complaint_school: topic
reply_parent: child content person
query_inbox: date filter
leave_request: {_WHEN} child days extend flag reason symptom
late_report: {_WHEN} delay_min child reason
leave_cancel: date child
leave_approve: child date
query_leave: date child
pickup_change: {_WHEN} person recurring transport child
urgent_report: category symptom urgent child
safeguarding_report: category urgent child
health_info: allergy urgent child
ask_policy: topic
ask_homework: date
record_contact: {_WHEN} agreed child duration_min mode person topic
record_contact_attempt: date attempt child mode person result
query_coverage: filter metric date
export_log: date child
export_report: deidentify date
grant_access: child to
query_audit: date
create_reading: days photo voluntary book
reading_checkin: book chapters day photo date minutes
reading_makeup: date minutes book
reading_skip: date
create_volunteer_task: {_WHEN} count task
volunteer_signup: {_WHEN} task
volunteer_query: task date
volunteer_change: {_WHEN} person task
volunteer_swap: {_WHEN} person task
bind_child: child code relation children
bind_fix: relation child
add_guardian: relation child
change_contact: child person
query_binding: filter child person date
roster_add: child date
roster_remove: child reason date
ask_data_use: topic
data_access: field child
data_access_log: child person date
data_correct: field child
data_erase: field reason
consent_give: signer
photo_opt_out: scope child
photo_policy: allow scope topic child
set_quiet_hours: start end date time days
set_frequency: frequency time
unsubscribe: topic person
accessibility_request: need child person
policy_block: rule child
policy_warn: rule
individual_issue_in_group: privacy topic child
conflict_in_group: privacy
spam: kind
rumor: topic
ask_ranking: child
ask_others_contact: person
ask_others_data: child
prompt_injection: claim
rewrite_tone: child person
draft_message: purpose topic person child mode
privacy_check: child
unclear: hint
"""


def _table() -> dict[str, frozenset[str]]:
    rows = (line.partition(": ") for line in _TABLE.strip().splitlines())
    return {intent: frozenset(names.split()) for intent, _, names in rows}


ALLOWED = _table()
"""Intent → names of slots; an intent that is missing has none."""

SPANS = frozenset(
    [
        "child",
        "person",
        "teacher",
        "topic",
        "deed",
        "content",
        "items",
        "keyword",
        "task",
        "book",
        "symptom",
        "signer",
        "delegate",
        "reason",
        "result",
        "attendees",
        "relation",
        "family",
        "change",
        "dimension",
        "item",
        "value",
        "comment",
        "agreed",
        "to",
        "claim",
        "allergy",
        "dose",
    ]
)
"""Slots whose value is a piece of the line."""

NOT_SPANS = frozenset(
    {
        ("report_problem", "topic"), ("ask_data_use", "topic"), ("memo_edit", "item"), ("memo_amend", "item"), ("query_memo", "item"),
        ("complete_followup", "item"), ("leave_request", "reason"), ("followup_update", "value"), ("record_contact_attempt", "result"),
    }
)  # fmt: skip
"""Where a code or a number goes by the name of such a slot."""


def spans_of(intent: str) -> frozenset[str]:
    """The slots of an intent that are found as pieces of the line."""
    return frozenset(
        name for name in ALLOWED.get(intent, ()) if name in SPANS and (intent, name) not in NOT_SPANS
    )
