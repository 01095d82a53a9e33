"""What no program can look at: the list for whoever sets the school up."""

from __future__ import annotations

CHECKLIST = """\
At DingTalk's developer console
  [ ] an internal app with a robot; Client ID, Client Secret and corp id are in the settings
  [ ] the robot's way of receiving is the one in the settings (HTTP address or Stream)
  [ ] HTTP: the address is https://YOUR.HOST/dingtalk/NAME/robot, and the console's own test succeeds
  [ ] permissions: robot messages to persons and groups, interactive cards, address book (read)
  [ ] DING beside urgent words, where the edition has it: permission Premium.Ding.Write, dingtalk.NAME.ding
  [ ] card templates are published and their ids are in the settings
  [ ] the app is published, and teachers and guardians are in its visible range
At WeCom's console
  [ ] a self-built app; corp id, AgentId, Secret, Token and EncodingAESKey are in the settings
  [ ] its callback is https://YOUR.HOST/wecom/NAME/callback, and the console's own test succeeds
  [ ] this machine's address is in the app's trusted addresses, the host is its trusted domain for pages
  [ ] the app may read the school's address book and is one that parents can use
  [ ] parents follow the school's notices; the QR code is on the slip
  [ ] customer service: an account, its callback https://YOUR.HOST/wecom/NAME/kf, the app may call its API
  [ ] customer contact: the class teachers own their class groups and may send to them
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
