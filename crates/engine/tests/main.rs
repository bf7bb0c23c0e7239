//! The engine against a real journal, with a small business of its own.

#[cfg(test)]
mod bank;
#[cfg(test)]
mod world;

#[cfg(test)]
mod agenda;
#[cfg(test)]
mod bus;
#[cfg(test)]
mod codec;
#[cfg(test)]
mod erasure;
#[cfg(test)]
mod idempotency;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod killing;
#[cfg(test)]
mod policy;
#[cfg(test)]
mod postgres;
#[cfg(test)]
mod unit_of_work;
#[cfg(test)]
mod views;
