"""Everything a message can mean, as one table.

A family is what the product does next; an intent is the fine meaning that decides the details. Features
match on intents, so a word nobody thought of needs a line among the examples and no change here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Who = Literal["teacher", "parent", "both"]
Where = Literal["private", "group", "both"]
Needs = Literal["nothing", "certainty", "yes"]


@dataclass(frozen=True, slots=True)
class Intent:
    """One meaning.

    Args:
        name: The fine meaning.
        family: What the product does next.
        who: Whose words can mean it.
        where: In which chats it is served; elsewhere it is answered in private.
        needs: ``nothing``: answering or keeping words. ``certainty``: it posts, books, cancels or erases, so
            a guess is not enough. ``yes``: it is said back in full and done only after a yes.
    """

    name: str
    family: str
    who: Who
    where: Where
    needs: Needs

    @property
    def acts(self) -> bool:
        """Whether it would post, book, cancel or erase."""
        return self.needs != "nothing"


_WHO: dict[str, Who] = {"t": "teacher", "p": "parent", "b": "both"}
_WHERE: dict[str, Where] = {"-": "private", "g": "group", "*": "both"}
_NEEDS: dict[str, Needs] = {".": "nothing", "!": "certainty", "?": "yes"}

# family: then its intents, each with who · where · needs. t teacher, p parent, b both; - private, * group
# too; . nothing, ! certainty, ? a yes.
_TABLE = """
appointment.book: book_appointment p*? teacher_book t-?
appointment.ask: query_slots b*. query_appointment b*. waitlist_position p-. export_ics b-.
appointment.choose: choose_option b-! reject_options b-. fill_slot b-. correct_slot b-.
appointment.change: reschedule_appointment b-? change_mode b-? update_appointment b-! counter_propose t-. running_late b-. shift_schedule t-? bulk_reschedule t-?
appointment.cancel: cancel_appointment b-! abort_flow b-.
appointment.attend: confirm_attendance b-. arrived p-. mark_arrived t-. mark_no_show t-. report_problem b-.
appointment.wait: join_waitlist p-! leave_waitlist p-!
appointment.decline_visit: decline_home_visit p-!
appointment.slots: open_slots t-! close_slots t-? edit_slot t-! set_booking_rule t-.
appointment.questionnaire: questionnaire_answer p-. questionnaire_skip p-. questionnaire_resume p-.
memo: memo_draft t-. memo_edit t-. memo_amend p-. memo_confirm b-. query_memo b-.
followup: followup_update p-. followup_close_request p-. followup_postpone b-. set_followup t-. complete_followup t-. query_followup b-. evaluate_contact p-.
anonymous.ask: anonymous_start p*. anonymous_question p*! anonymous_followup p-.
anonymous.own: anonymous_status p-. anonymous_withdraw p-!
anonymous.doubt: anonymous_ask_guarantee p*. survey_ask_anonymity p*.
anonymous.unmask: anonymous_deanonymize b*.
anonymous.answer: answer_anonymous t-! anonymous_private_reply t-. anonymous_merge t-. anonymous_inbox t-.
survey: create_survey t-? survey_answer p*. survey_opt_out p*. survey_result b-.
digest.note: praise_student t*. praise_class t*. add_reminder t*. add_news t*.
digest.edit: edit_item t-. remove_item t-! set_digest_style t-. schedule_digest t-. undo b-!
digest.publish: publish_digest t-! preview_digest t-. skip_digest t-! hold_digest t-.
digest.ask: ask_digest p*. ask_reminder p*. search_digest b*. ask_info p*. ask_notice_detail p*. ask_praise p*.
stars: star_nominate t-. star_edit t-. star_query t-. star_publish t-!
notice: send_notice t*? urgent_notice t*? remind_unread t-! query_unread t-. recall_message t*! schedule_message t-? post_rules t*!
notice.answer: acknowledge_notice p*. sign_notice p*. sign_amend p-. sign_proxy p-.
hours: ask_office_hours p*. set_office_hours t-. set_away t-.
message: private_message p*. ping_teacher p*. query_message_status p-. withdraw_message b-! human_handoff p*. dropoff_request p*. medication_request p-. praise_teacher p*. thanks b*. flattery p*. complaint_school p*.
relay.answer: reply_parent t-! query_inbox t-.
leave: leave_request p*. late_report p*. leave_cancel p-! leave_approve t-! query_leave t-.
pickup: pickup_change p*?
urgent: urgent_report b*. safeguarding_report b*. health_info p*.
policy.ask: ask_policy b*. ask_homework p*.
contact: record_contact t-. record_contact_attempt t-. query_coverage t-. export_log t-. export_report t-. grant_access t-? query_audit t-. audit_pack t-. backup t-.
reading: create_reading t*? reading_checkin p*. reading_makeup p*. reading_skip p*. reading_opt_out p*. reading_progress b*.
volunteer: create_volunteer_task t*? volunteer_signup p*! volunteer_query b*. volunteer_change p*! volunteer_swap p*!
binding: bind_child p*. bind_fix p-. add_guardian p-. change_contact p-. query_binding t-. roster_add t-. roster_remove t-?
rights: ask_data_use p*. data_access p-. data_access_log b-. data_correct p-. data_erase p-?
consent: consent_give p-. consent_withdraw p-! consent_refuse_repeat p-. photo_opt_out p*! photo_policy t-.
preferences: set_quiet_hours b-. set_frequency b-. unsubscribe b-! accessibility_request p*.
yes_no: confirm_yes b*. confirm_no b*. approve t-! resume_flow b-.
guard.stop: policy_block t*. policy_warn t*. individual_issue_in_group p*. conflict_in_group p*. spam b*. rumor p*. ask_ranking p*. ask_others_contact p*. ask_others_data p*. gift_offer p*. prompt_injection b*. impersonation_request b*.
tone: rewrite_tone t-. draft_message t-. privacy_check t-.
help: help b*. greeting b*. ask_identity b*. complaint_bot b*. chitchat b*. out_of_scope b*. unclear b*.
"""


def _intents() -> dict[str, Intent]:
    found: dict[str, Intent] = {}
    for line in _TABLE.strip().splitlines():
        family, _, rest = line.partition(": ")
        words = rest.split()
        for name, marks in zip(words[::2], words[1::2], strict=True):
            found[name] = Intent(name, family, _WHO[marks[0]], _WHERE[marks[1]], _NEEDS[marks[2]])
    return found


CATALOGUE = _intents()
"""Every intent by its name, in the table's order."""

UNCLEAR = CATALOGUE["unclear"]
