//! Papers and files of invoices, checked by programs that are not ours.

mod cases;
mod papers;
