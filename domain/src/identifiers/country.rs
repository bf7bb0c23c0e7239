use std::{borrow::Cow, fmt, str::FromStr};

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{InvalidValue, Language, text::fold, value::Problem};

/// A country of ISO 3166-1 by its two letters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, JsonSchema)]
#[schemars(with = "String", extend("pattern" = "^[A-Z]{2}$"))]
pub struct Country(&'static str);

impl Country {
    pub const FRANCE: Self = Self("FR");

    /// Takes the code in either case.
    pub fn parse(field: &'static str, text: &str) -> Result<Self, InvalidValue> {
        let code = text.trim().to_ascii_uppercase();
        COUNTRIES
            .iter()
            .find(|(known, ..)| *known == code)
            .map(|(known, ..)| Self(known))
            .ok_or(InvalidValue::new(field, Problem::NotACountry))
    }

    /// The country that a text names: its code, or its name in English or French, whatever case and accents. `None`
    /// when it is none or could be several.
    pub fn named(text: &str) -> Option<Self> {
        if let Ok(country) = Self::parse("country", text) {
            return Some(country);
        }
        let name = fold(&text.replace('’', "'"));
        let alias = ALIASES.iter().find(|(alias, _)| *alias == name);
        if let Some((_, code)) = alias {
            return Self::parse("country", code).ok();
        }
        COUNTRIES
            .iter()
            .find(|(_, english, french)| fold(english) == name || fold(french) == name)
            .map(|(code, ..)| Self(code))
    }

    pub const fn code(self) -> &'static str {
        self.0
    }

    pub fn name(self, language: Language) -> &'static str {
        let found = COUNTRIES.iter().find(|(code, ..)| *code == self.0);
        match (found, language) {
            (Some((_, english, _)), Language::English) => english,
            (Some((_, _, french)), Language::French) => french,
            (None, _) => self.0,
        }
    }
}

impl fmt::Debug for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl FromStr for Country {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse("country", text)
    }
}

impl Serialize for Country {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0)
    }
}

impl<'de> Deserialize<'de> for Country {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = Cow::<'de, str>::deserialize(deserializer)?;
        code.parse().map_err(serde::de::Error::custom)
    }
}

/// Other names in use, folded. What several countries could mean (Korea, Congo, Guinea) is not here.
const ALIASES: &[(&str, &str)] = &[
    ("america", "US"),
    ("angleterre", "GB"),
    ("birmanie", "MM"),
    ("burma", "MM"),
    ("coree du sud", "KR"),
    ("czech republic", "CZ"),
    ("england", "GB"),
    ("etats-unis d'amerique", "US"),
    ("great britain", "GB"),
    ("grande-bretagne", "GB"),
    ("hollande", "NL"),
    ("holland", "NL"),
    ("ivory coast", "CI"),
    ("republique tcheque", "CZ"),
    ("scotland", "GB"),
    ("south korea", "KR"),
    ("swaziland", "SZ"),
    ("the netherlands", "NL"),
    ("turkey", "TR"),
    ("u.k.", "GB"),
    ("u.s.a.", "US"),
    ("uk", "GB"),
    ("united states of america", "US"),
    ("usa", "US"),
    ("viet nam", "VN"),
];

/// Code, name in English, name in French (as the Unicode CLDR has them).
#[rustfmt::skip]
const COUNTRIES: &[(&str, &str, &str)] = &[
    ("AD", "Andorra", "Andorre"),
    ("AE", "United Arab Emirates", "Émirats arabes unis"),
    ("AF", "Afghanistan", "Afghanistan"),
    ("AG", "Antigua & Barbuda", "Antigua-et-Barbuda"),
    ("AI", "Anguilla", "Anguilla"),
    ("AL", "Albania", "Albanie"),
    ("AM", "Armenia", "Arménie"),
    ("AO", "Angola", "Angola"),
    ("AQ", "Antarctica", "Antarctique"),
    ("AR", "Argentina", "Argentine"),
    ("AS", "American Samoa", "Samoa américaines"),
    ("AT", "Austria", "Autriche"),
    ("AU", "Australia", "Australie"),
    ("AW", "Aruba", "Aruba"),
    ("AX", "Åland Islands", "Îles Åland"),
    ("AZ", "Azerbaijan", "Azerbaïdjan"),
    ("BA", "Bosnia & Herzegovina", "Bosnie-Herzégovine"),
    ("BB", "Barbados", "Barbade"),
    ("BD", "Bangladesh", "Bangladesh"),
    ("BE", "Belgium", "Belgique"),
    ("BF", "Burkina Faso", "Burkina Faso"),
    ("BG", "Bulgaria", "Bulgarie"),
    ("BH", "Bahrain", "Bahreïn"),
    ("BI", "Burundi", "Burundi"),
    ("BJ", "Benin", "Bénin"),
    ("BL", "St. Barthélemy", "Saint-Barthélemy"),
    ("BM", "Bermuda", "Bermudes"),
    ("BN", "Brunei", "Brunei"),
    ("BO", "Bolivia", "Bolivie"),
    ("BQ", "Caribbean Netherlands", "Pays-Bas caribéens"),
    ("BR", "Brazil", "Brésil"),
    ("BS", "Bahamas", "Bahamas"),
    ("BT", "Bhutan", "Bhoutan"),
    ("BV", "Bouvet Island", "Île Bouvet"),
    ("BW", "Botswana", "Botswana"),
    ("BY", "Belarus", "Biélorussie"),
    ("BZ", "Belize", "Belize"),
    ("CA", "Canada", "Canada"),
    ("CC", "Cocos (Keeling) Islands", "Îles Cocos"),
    ("CD", "Congo - Kinshasa", "Congo-Kinshasa"),
    ("CF", "Central African Republic", "République centrafricaine"),
    ("CG", "Congo - Brazzaville", "Congo-Brazzaville"),
    ("CH", "Switzerland", "Suisse"),
    ("CI", "Côte d'Ivoire", "Côte d'Ivoire"),
    ("CK", "Cook Islands", "Îles Cook"),
    ("CL", "Chile", "Chili"),
    ("CM", "Cameroon", "Cameroun"),
    ("CN", "China", "Chine"),
    ("CO", "Colombia", "Colombie"),
    ("CR", "Costa Rica", "Costa Rica"),
    ("CU", "Cuba", "Cuba"),
    ("CV", "Cape Verde", "Cap-Vert"),
    ("CW", "Curaçao", "Curaçao"),
    ("CX", "Christmas Island", "Île Christmas"),
    ("CY", "Cyprus", "Chypre"),
    ("CZ", "Czechia", "Tchéquie"),
    ("DE", "Germany", "Allemagne"),
    ("DJ", "Djibouti", "Djibouti"),
    ("DK", "Denmark", "Danemark"),
    ("DM", "Dominica", "Dominique"),
    ("DO", "Dominican Republic", "République dominicaine"),
    ("DZ", "Algeria", "Algérie"),
    ("EC", "Ecuador", "Équateur"),
    ("EE", "Estonia", "Estonie"),
    ("EG", "Egypt", "Égypte"),
    ("EH", "Western Sahara", "Sahara occidental"),
    ("ER", "Eritrea", "Érythrée"),
    ("ES", "Spain", "Espagne"),
    ("ET", "Ethiopia", "Éthiopie"),
    ("FI", "Finland", "Finlande"),
    ("FJ", "Fiji", "Fidji"),
    ("FK", "Falkland Islands", "Îles Malouines"),
    ("FM", "Micronesia", "Micronésie"),
    ("FO", "Faroe Islands", "Îles Féroé"),
    ("FR", "France", "France"),
    ("GA", "Gabon", "Gabon"),
    ("GB", "United Kingdom", "Royaume-Uni"),
    ("GD", "Grenada", "Grenade"),
    ("GE", "Georgia", "Géorgie"),
    ("GF", "French Guiana", "Guyane française"),
    ("GG", "Guernsey", "Guernesey"),
    ("GH", "Ghana", "Ghana"),
    ("GI", "Gibraltar", "Gibraltar"),
    ("GL", "Greenland", "Groenland"),
    ("GM", "Gambia", "Gambie"),
    ("GN", "Guinea", "Guinée"),
    ("GP", "Guadeloupe", "Guadeloupe"),
    ("GQ", "Equatorial Guinea", "Guinée équatoriale"),
    ("GR", "Greece", "Grèce"),
    ("GS", "South Georgia & South Sandwich Islands", "Géorgie du Sud-et-les Îles Sandwich du Sud"),
    ("GT", "Guatemala", "Guatemala"),
    ("GU", "Guam", "Guam"),
    ("GW", "Guinea-Bissau", "Guinée-Bissau"),
    ("GY", "Guyana", "Guyana"),
    ("HK", "Hong Kong", "Hong Kong"),
    ("HM", "Heard & McDonald Islands", "Îles Heard-et-MacDonald"),
    ("HN", "Honduras", "Honduras"),
    ("HR", "Croatia", "Croatie"),
    ("HT", "Haiti", "Haïti"),
    ("HU", "Hungary", "Hongrie"),
    ("ID", "Indonesia", "Indonésie"),
    ("IE", "Ireland", "Irlande"),
    ("IL", "Israel", "Israël"),
    ("IM", "Isle of Man", "Île de Man"),
    ("IN", "India", "Inde"),
    ("IO", "British Indian Ocean Territory", "Territoire britannique de l'océan Indien"),
    ("IQ", "Iraq", "Irak"),
    ("IR", "Iran", "Iran"),
    ("IS", "Iceland", "Islande"),
    ("IT", "Italy", "Italie"),
    ("JE", "Jersey", "Jersey"),
    ("JM", "Jamaica", "Jamaïque"),
    ("JO", "Jordan", "Jordanie"),
    ("JP", "Japan", "Japon"),
    ("KE", "Kenya", "Kenya"),
    ("KG", "Kyrgyzstan", "Kirghizstan"),
    ("KH", "Cambodia", "Cambodge"),
    ("KI", "Kiribati", "Kiribati"),
    ("KM", "Comoros", "Comores"),
    ("KN", "St. Kitts & Nevis", "Saint-Christophe-et-Niévès"),
    ("KP", "North Korea", "Corée du Nord"),
    ("KR", "South Korea", "Corée du Sud"),
    ("KW", "Kuwait", "Koweït"),
    ("KY", "Cayman Islands", "Îles Caïmans"),
    ("KZ", "Kazakhstan", "Kazakhstan"),
    ("LA", "Laos", "Laos"),
    ("LB", "Lebanon", "Liban"),
    ("LC", "St. Lucia", "Sainte-Lucie"),
    ("LI", "Liechtenstein", "Liechtenstein"),
    ("LK", "Sri Lanka", "Sri Lanka"),
    ("LR", "Liberia", "Liberia"),
    ("LS", "Lesotho", "Lesotho"),
    ("LT", "Lithuania", "Lituanie"),
    ("LU", "Luxembourg", "Luxembourg"),
    ("LV", "Latvia", "Lettonie"),
    ("LY", "Libya", "Libye"),
    ("MA", "Morocco", "Maroc"),
    ("MC", "Monaco", "Monaco"),
    ("MD", "Moldova", "Moldavie"),
    ("ME", "Montenegro", "Monténégro"),
    ("MF", "St. Martin", "Saint-Martin"),
    ("MG", "Madagascar", "Madagascar"),
    ("MH", "Marshall Islands", "Îles Marshall"),
    ("MK", "North Macedonia", "Macédoine du Nord"),
    ("ML", "Mali", "Mali"),
    ("MM", "Myanmar (Burma)", "Myanmar (Birmanie)"),
    ("MN", "Mongolia", "Mongolie"),
    ("MO", "Macao", "Macao"),
    ("MP", "Northern Mariana Islands", "Îles Mariannes du Nord"),
    ("MQ", "Martinique", "Martinique"),
    ("MR", "Mauritania", "Mauritanie"),
    ("MS", "Montserrat", "Montserrat"),
    ("MT", "Malta", "Malte"),
    ("MU", "Mauritius", "Maurice"),
    ("MV", "Maldives", "Maldives"),
    ("MW", "Malawi", "Malawi"),
    ("MX", "Mexico", "Mexique"),
    ("MY", "Malaysia", "Malaisie"),
    ("MZ", "Mozambique", "Mozambique"),
    ("NA", "Namibia", "Namibie"),
    ("NC", "New Caledonia", "Nouvelle-Calédonie"),
    ("NE", "Niger", "Niger"),
    ("NF", "Norfolk Island", "Île Norfolk"),
    ("NG", "Nigeria", "Nigeria"),
    ("NI", "Nicaragua", "Nicaragua"),
    ("NL", "Netherlands", "Pays-Bas"),
    ("NO", "Norway", "Norvège"),
    ("NP", "Nepal", "Népal"),
    ("NR", "Nauru", "Nauru"),
    ("NU", "Niue", "Niue"),
    ("NZ", "New Zealand", "Nouvelle-Zélande"),
    ("OM", "Oman", "Oman"),
    ("PA", "Panama", "Panama"),
    ("PE", "Peru", "Pérou"),
    ("PF", "French Polynesia", "Polynésie française"),
    ("PG", "Papua New Guinea", "Papouasie-Nouvelle-Guinée"),
    ("PH", "Philippines", "Philippines"),
    ("PK", "Pakistan", "Pakistan"),
    ("PL", "Poland", "Pologne"),
    ("PM", "St. Pierre & Miquelon", "Saint-Pierre-et-Miquelon"),
    ("PN", "Pitcairn Islands", "Îles Pitcairn"),
    ("PR", "Puerto Rico", "Porto Rico"),
    ("PS", "Palestinian Territories", "Territoires palestiniens"),
    ("PT", "Portugal", "Portugal"),
    ("PW", "Palau", "Palaos"),
    ("PY", "Paraguay", "Paraguay"),
    ("QA", "Qatar", "Qatar"),
    ("RE", "Réunion", "La Réunion"),
    ("RO", "Romania", "Roumanie"),
    ("RS", "Serbia", "Serbie"),
    ("RU", "Russia", "Russie"),
    ("RW", "Rwanda", "Rwanda"),
    ("SA", "Saudi Arabia", "Arabie saoudite"),
    ("SB", "Solomon Islands", "Îles Salomon"),
    ("SC", "Seychelles", "Seychelles"),
    ("SD", "Sudan", "Soudan"),
    ("SE", "Sweden", "Suède"),
    ("SG", "Singapore", "Singapour"),
    ("SH", "St. Helena", "Sainte-Hélène"),
    ("SI", "Slovenia", "Slovénie"),
    ("SJ", "Svalbard & Jan Mayen", "Svalbard et Jan Mayen"),
    ("SK", "Slovakia", "Slovaquie"),
    ("SL", "Sierra Leone", "Sierra Leone"),
    ("SM", "San Marino", "Saint-Marin"),
    ("SN", "Senegal", "Sénégal"),
    ("SO", "Somalia", "Somalie"),
    ("SR", "Suriname", "Suriname"),
    ("SS", "South Sudan", "Soudan du Sud"),
    ("ST", "São Tomé & Príncipe", "Sao Tomé-et-Principe"),
    ("SV", "El Salvador", "Salvador"),
    ("SX", "Sint Maarten", "Saint-Martin (partie néerlandaise)"),
    ("SY", "Syria", "Syrie"),
    ("SZ", "Eswatini", "Eswatini"),
    ("TC", "Turks & Caicos Islands", "Îles Turques-et-Caïques"),
    ("TD", "Chad", "Tchad"),
    ("TF", "French Southern Territories", "Terres australes françaises"),
    ("TG", "Togo", "Togo"),
    ("TH", "Thailand", "Thaïlande"),
    ("TJ", "Tajikistan", "Tadjikistan"),
    ("TK", "Tokelau", "Tokelau"),
    ("TL", "Timor-Leste", "Timor oriental"),
    ("TM", "Turkmenistan", "Turkménistan"),
    ("TN", "Tunisia", "Tunisie"),
    ("TO", "Tonga", "Tonga"),
    ("TR", "Türkiye", "Turquie"),
    ("TT", "Trinidad & Tobago", "Trinité-et-Tobago"),
    ("TV", "Tuvalu", "Tuvalu"),
    ("TW", "Taiwan", "Taïwan"),
    ("TZ", "Tanzania", "Tanzanie"),
    ("UA", "Ukraine", "Ukraine"),
    ("UG", "Uganda", "Ouganda"),
    ("UM", "U.S. Outlying Islands", "Îles mineures éloignées des États-Unis"),
    ("US", "United States", "États-Unis"),
    ("UY", "Uruguay", "Uruguay"),
    ("UZ", "Uzbekistan", "Ouzbékistan"),
    ("VA", "Vatican City", "État de la Cité du Vatican"),
    ("VC", "St. Vincent & Grenadines", "Saint-Vincent-et-les Grenadines"),
    ("VE", "Venezuela", "Venezuela"),
    ("VG", "British Virgin Islands", "Îles Vierges britanniques"),
    ("VI", "U.S. Virgin Islands", "Îles Vierges des États-Unis"),
    ("VN", "Vietnam", "Viêt Nam"),
    ("VU", "Vanuatu", "Vanuatu"),
    ("WF", "Wallis & Futuna", "Wallis-et-Futuna"),
    ("WS", "Samoa", "Samoa"),
    ("YE", "Yemen", "Yémen"),
    ("YT", "Mayotte", "Mayotte"),
    ("ZA", "South Africa", "Afrique du Sud"),
    ("ZM", "Zambia", "Zambie"),
    ("ZW", "Zimbabwe", "Zimbabwe"),
];
