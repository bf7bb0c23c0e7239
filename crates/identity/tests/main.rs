//! Proving who one is, against a real journal and vault, with time that the test moves.

#[cfg(test)]
mod accounts;
#[cfg(test)]
mod second_factor;
#[cfg(test)]
mod sign_in;
#[cfg(test)]
mod tokens;
#[cfg(test)]
mod world;
