use crate::error::Refused;
use crate::machine::Machine;
use crate::machine::slot::Slot;
use crate::name::Name;

/// As many roles as a machine can have.
pub const MAX_ROLES: usize = 64;

impl Machine {
    /// Whether the process holds this role.
    pub fn holds(&self, role: &str) -> bool {
        self.roles.iter().any(|(known, held)| *held && *known == *role)
    }

    pub(super) fn role(&mut self, role: Name, held: bool) -> Result<(), Refused> {
        let at = self.role_at(&role)?;
        let (_, holds) = &mut self.roles[usize::from(at)];
        if std::mem::replace(holds, held) == held {
            return Ok(());
        }
        for id in self.ids() {
            let slot = self.slot_mut(id);
            if slot.rules.role != Some(at) {
                continue;
            }
            if !slot.was_open() {
                slot.time_anew();
            }
            self.begin(id);
            self.queue.push(id);
        }
        if self.is_sealed() {
            self.reorder();
        }
        // Only now is it known which of them stages wait for.
        self.ids().for_each(|id| self.recount(id));
        self.stirred = true;
        self.changed();
        Ok(())
    }

    pub(super) fn role_at(&mut self, role: &Name) -> Result<u8, Refused> {
        let known = self.roles.iter().position(|(known, _)| known == role);
        let at = known.unwrap_or(self.roles.len());
        if at >= MAX_ROLES {
            let set = self.settings.name.clone();
            return Err(Refused::Full { set, what: "roles", limit: MAX_ROLES });
        }
        if known.is_none() {
            self.roles.push((role.clone(), false));
        }
        Ok(at as u8)
    }

    pub(super) fn role_held(&self, slot: &Slot) -> bool {
        slot.rules.role.is_none_or(|role| self.roles[usize::from(role)].1)
    }
}
