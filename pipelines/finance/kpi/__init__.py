"""Key figures out of workbooks that no two companies lay out alike.

Belongs here: pure functions from a workbook's cells, and what people decided about a
company's labels, to readings: each used, queued for a person, or ignored, with the
reason. Does not belong here: opening workbooks, tables of the warehouse.

The rule throughout: a figure is right or it waits. Whatever a workbook leaves open (a
currency, a percent sign, a period, a label with two meanings) is asked, once, and the
answer is kept as data.
"""
