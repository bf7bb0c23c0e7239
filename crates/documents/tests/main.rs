//! Papers and files of invoices, checked by programs that are not ours.

#[cfg(test)]
mod cases;
#[cfg(test)]
mod files;
#[cfg(test)]
mod papers;
#[cfg(test)]
mod structure;
