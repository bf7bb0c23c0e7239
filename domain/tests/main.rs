//! What holds for every aggregate and every event alike.

#[cfg(test)]
mod golden;
#[cfg(test)]
mod page;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod schemas;
