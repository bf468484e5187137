"""Measures of whole turns on files of anyone's."""
