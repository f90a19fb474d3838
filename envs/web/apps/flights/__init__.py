"""Flights: a timetable, and the bookings of one's company; search, book, change, cancel."""
