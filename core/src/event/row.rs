//! Events from the rows of a table, without text between.

use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use once_cell::race::OnceBox;

use super::error::EventError;
use super::model::Event;
use super::node::{Cell, Node};
use super::wire::Wire;

/// Which columns of a table are which members of events. Make one for a table, and read its rows by
/// [`Event::from_row`].
///
/// ```
/// use ipcsentry::event::{Cell, Columns, Event};
///
/// let columns = Columns::new(&["time", "os", "tag", "actor.pid", "actor.image"]);
/// let row = [Cell::Int(0), Cell::Text(b"linux"), Cell::Text(b"process_start"), Cell::Int(7), Cell::Null];
/// let event = Event::from_row(&columns, |column| row[column])?;
/// assert_eq!((event.actor.pid, event.actor.image), (Some(7), None));
/// # Ok::<(), ipcsentry::event::EventError>(())
/// ```
#[derive(Debug, Default)]
pub struct Columns(Vec<Place>);

/// A member: a column, or members of its own.
#[derive(Debug, Default)]
struct Place {
    column: Option<usize>,
    members: Vec<(String, usize)>,
    /// Found when the first row is read: which struct the member is shows only then.
    order: OnceBox<Order>,
}

/// The members in the order of a struct's fields.
#[derive(Debug)]
struct Order {
    fields: Vec<Option<usize>>,
    /// Members that the struct does not have.
    unknown: Vec<usize>,
}

impl Columns {
    /// The columns of these names: paths as `actor.pid` and `kind.endpoint_create.endpoint.name`.
    #[must_use]
    pub fn new(names: &[&str]) -> Self {
        let mut this = Self(alloc::vec![Place::default()]);
        for (column, name) in names.iter().enumerate() {
            let place = name.split('.').fold(0, |outer, name| this.member(outer, name));
            this.0[place].column = Some(column);
        }
        this
    }

    fn member(&mut self, outer: usize, name: &str) -> usize {
        if let Some((_, place)) = self.0[outer].members.iter().find(|(known, _)| known == name) {
            return *place;
        }
        self.0.push(Place::default());
        let place = self.0.len() - 1;
        self.0[outer].members.push((name.to_owned(), place));
        place
    }
}

impl Place {
    fn order(&self, names: &[&str]) -> &Order {
        self.order.get_or_init(|| {
            let find = |name: &&str| self.members.iter().find(|(known, _)| known == name).map(|(_, place)| *place);
            let unknown = (0..self.members.len()).filter(|at| !names.contains(&self.members[*at].0.as_str()));
            Box::new(Order { fields: names.iter().map(find).collect(), unknown: unknown.collect() })
        })
    }
}

/// A place in a row.
struct At<'r, F> {
    columns: &'r Columns,
    cells: &'r F,
    /// `None`: no member.
    place: Option<usize>,
}

impl<F> Clone for At<'_, F> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<F> Copy for At<'_, F> {}

impl<F> fmt::Debug for At<'_, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("At").field("place", &self.place).finish_non_exhaustive()
    }
}

impl<'r, 'a, F: Fn(usize) -> Cell<'a>> At<'r, F> {
    fn place(self) -> Option<&'r Place> {
        self.columns.0.get(self.place?)
    }

    fn is_there(self, place: usize) -> bool {
        let Place { column, members, .. } = &self.columns.0[place];
        column.is_some_and(|column| (self.cells)(column) != Cell::Null)
            || members.iter().any(|(_, place)| self.is_there(*place))
    }
}

impl<'a, F: Fn(usize) -> Cell<'a>> Node<'a> for At<'_, F> {
    fn null(self) -> Self {
        Self { place: None, ..self }
    }

    fn is_null(self) -> bool {
        self.place.is_none_or(|place| !self.is_there(place))
    }

    fn cell(self) -> Cell<'a> {
        self.place().and_then(|place| place.column).map_or(Cell::Null, self.cells)
    }

    fn check(self, names: &[&str]) -> Result<(), EventError> {
        let Some(place) = self.place() else { return Ok(()) };
        if self.cell() != Cell::Null {
            return Err(EventError::no_object());
        }
        let unknown = place.order(names).unknown.iter().map(|at| &place.members[*at]);
        match unknown.into_iter().find(|(_, member)| self.is_there(*member)) {
            Some((name, _)) => Err(EventError::unknown().at(name)),
            None => Ok(()),
        }
    }

    fn member(self, place: usize, _: &str) -> Option<Self> {
        let member = *self.place()?.order.get()?.fields.get(place)?;
        member.filter(|member| self.is_there(*member)).map(|member| Self { place: Some(member), ..self })
    }

    fn only_member(&self) -> Option<(&str, Self)> {
        let mut there = self.place()?.members.iter().filter(|(_, member)| self.is_there(*member));
        let (name, member) = there.next()?;
        there.next().is_none().then_some((name.as_str(), Self { place: Some(*member), ..*self }))
    }
}

impl<'a> Event<'a> {
    /// An event from a row of a table, as [`Event::from_json`] reads one from an object whose members are the cells that
    /// are not null. `cell` gives the cell of a column by its number in `columns`.
    ///
    /// # Errors
    /// As [`Event::from_json`].
    pub fn from_row(columns: &Columns, cell: impl Fn(usize) -> Cell<'a>) -> Result<Self, EventError> {
        Self::parse(At { columns, cells: &cell, place: Some(0) })
    }
}
