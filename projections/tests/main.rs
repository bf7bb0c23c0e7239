//! The read models against a real journal and real databases, and our events under the engine's codec.

#[cfg(test)]
mod accounting;
#[cfg(test)]
mod agreement;
#[cfg(test)]
mod finance;
#[cfg(test)]
mod indexes;
#[cfg(test)]
mod live;
#[cfg(test)]
mod place;
#[cfg(test)]
mod sealed;
#[cfg(test)]
mod specs;
#[cfg(test)]
mod vocabulary;
#[cfg(test)]
mod world;
