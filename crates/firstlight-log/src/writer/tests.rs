mod alarm;
mod early;
mod ends;
mod errors;
mod files;
#[cfg(unix)]
mod forks;
#[cfg(unix)]
mod pipes;
mod queue_laws;
mod retargets;
mod rig;
mod threads;
mod writes;
