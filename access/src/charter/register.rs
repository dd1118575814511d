//! The lists of codes that a charter declares.

/// A list of codes, declared by tables of the same name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Register {
    /// `[[purpose]]`.
    Purpose,
    /// `[[legal_basis]]`.
    LegalBasis,
    /// `[[unit]]`.
    Unit,
    /// `[[role]]`.
    Role,
    /// `[[recipient]]`.
    Recipient,
    /// `[[storage_location]]`.
    StorageLocation,
    /// `[[subject_scheme]]`.
    SubjectScheme,
    /// `[[dataset]]`, which says more than a name.
    Dataset,
    /// `[[activity]]`, likewise.
    Activity,
}

impl Register {
    /// Those whose tables have nothing but a code and its titles.
    pub const PLAIN: [Self; 7] = [
        Self::Purpose,
        Self::LegalBasis,
        Self::Unit,
        Self::Role,
        Self::Recipient,
        Self::StorageLocation,
        Self::SubjectScheme,
    ];

    /// The name of its tables.
    #[must_use]
    pub fn table(self) -> &'static str {
        match self {
            Self::Purpose => "purpose",
            Self::LegalBasis => "legal_basis",
            Self::Unit => "unit",
            Self::Role => "role",
            Self::Recipient => "recipient",
            Self::StorageLocation => "storage_location",
            Self::SubjectScheme => "subject_scheme",
            Self::Dataset => "dataset",
            Self::Activity => "activity",
        }
    }
}

/// What a data set lists of the accesses that are meant to happen to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DatasetList {
    /// `purposes`.
    Purposes,
    /// `roles`.
    Roles,
    /// `recipients`.
    Recipients,
    /// `legal_bases`.
    LegalBases,
    /// `units`.
    Units,
    /// `operations`.
    Operations,
    /// `storage_locations`.
    StorageLocations,
}

impl DatasetList {
    /// All of them, in the order in which they are told.
    pub const ALL: [Self; 7] = [
        Self::Purposes,
        Self::Roles,
        Self::Recipients,
        Self::LegalBases,
        Self::Units,
        Self::Operations,
        Self::StorageLocations,
    ];

    /// Its key in `[[dataset]]`.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Purposes => "purposes",
            Self::Roles => "roles",
            Self::Recipients => "recipients",
            Self::LegalBases => "legal_bases",
            Self::Units => "units",
            Self::Operations => "operations",
            Self::StorageLocations => "storage_locations",
        }
    }

    /// Where its codes are declared; operations are those of the format.
    #[must_use]
    pub fn register(self) -> Option<Register> {
        Some(match self {
            Self::Purposes => Register::Purpose,
            Self::Roles => Register::Role,
            Self::Recipients => Register::Recipient,
            Self::LegalBases => Register::LegalBasis,
            Self::Units => Register::Unit,
            Self::StorageLocations => Register::StorageLocation,
            Self::Operations => return None,
        })
    }
}
