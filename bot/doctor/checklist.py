"""What no program can look at: the list for whoever sets the school up."""

from __future__ import annotations

CHECKLIST = """\
At DingTalk's developer console
  [ ] an internal app with a robot; Client ID, Client Secret and corp id are in the settings
  [ ] the robot's way of receiving is the one in the settings (HTTP address or Stream)
  [ ] HTTP: the address is https://YOUR.HOST/dingtalk/NAME/robot, and the console's own test succeeds
  [ ] permissions: robot messages to persons and groups, interactive cards, address book (read)
  [ ] card templates are published and their ids are in the settings
  [ ] the app is published, and teachers and guardians are in its visible range
In the class groups
  [ ] the robot, or a custom robot with a signature, is in each class group (try: doctor --groups)
  [ ] a message that names the robot with @ is answered
  [ ] try to write to one guardian (doctor --guardian USERID); if refused: guardians = "page"
On this machine
  [ ] https in front (service-files writes an example for nginx); a certificate that renews itself
  [ ] the clock is kept right by the system
  [ ] the installation's key is kept apart from the database and from its copies
  [ ] the data folder is copied every night, and putting a copy back was tried once
  [ ] somebody sees when /healthz says degraded
With people
  [ ] the school has decided who may read what, and the families have been told
  [ ] each teacher has seen a preview before the first digest goes out"""
