"""Small real web applications (mail, calendar, flights, ...) and the framework to write more of them.

* `site`: an `App` is tables, pages and routes; a `Site` serves some of them over one seeded database, as WSGI.
* `task`: a `Task` is an instruction, the change it asks for, and a plan; a `World` is apps and templates of tasks.
* `state`: compares what was changed in the database with what should have been: the final state, not the way.
* `environment`: `WebTask`, a world as a Gymnasium environment, through the browser of web/Shop-v0; `views` of it.
* `worlds`: the table of worlds by name; `clock`, `people`: what all of them share; `serving`: for a person's browser.

To add an application NAME, make a folder `NAME` here and `templates/NAME`:

1. `operations.py`: what one can do, as plain functions on the database (`mail.operations.send(database, ...)`), which
   raise `Refused` with a whole sentence on misuse. They hold all rules; pages only call them.
2. `world.py`: the schema (tables NAME_...) and `fill`, which draws a world from a generator.
3. `pages.py`: functions from a `Request` to a `Page` or a `Redirect`, their routes, and the `APP`.
4. `tasks.py`: functions from database and generator to a `Task`, and the `WORLD`.

then a line in `worlds.py`. The templates are well-formed XML (`<input />`), with a label or `aria-label` for every
field; of fields the browser knows `<input>` (one line of text) and `<select>`. An episode has 40 turns.
"""
