"""Weekly stars 每周之星: for a deed, in many dimensions, chosen by the class teacher; nothing is counted."""
