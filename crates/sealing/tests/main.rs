//! Seals on PDFs, and what others find of them.

#[cfg(test)]
mod checkers;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod sealing;
#[cfg(test)]
mod tampering;
#[cfg(test)]
mod timestamps;
